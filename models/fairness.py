"""`python models/fairness.py [--count N]`: sentences with names of each region and each language.

Prints the share of full names of which less than 90 % of the letters are found: per region of the
world in the same English sentences, with the widest gap, and per language with the names of where it
is spoken. The sentences are not among those the model is trained on; the names come from the lists of
`models/generate`, a quarter of them recombined from syllables.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from models.evaluate import Find, marked, ours, percent, presidio, share, table
from models.generate import people
from models.generate.phrases import LANGUAGE_REGIONS

Part = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""Regions of names and sentences, by what they are shown as."""
SENTENCES = (
    "During the test I received the loan agreement of {name} instead of my own.",
    "The avatar upload leaks that the file belongs to {name}, see the second screenshot.",
    "Support chat: thank you {name}, your refund is on its way.",
    "We have informed {name} and closed the incident.",
    "The password reset mail was addressed to {name} although I asked for my own account.",
    "{name} appears as the owner of the bucket.",
    "name={name}; plan=gold; active=true",
    "Signed for by {name} at the front desk.",
    "the record of {name} is cached by the proxy",
    "Please forward this to {name} in accounting.",
)
LANGUAGES = {
    "de": (
        "Im Anhang steht die Kündigung von {name}, die ich nicht sehen dürfte.",
        "Laut Protokoll hat {name} das Passwort zurückgesetzt.",
        "Die Rechnung ging an {name}, obwohl ich angemeldet war.",
        "{name} hat den Vertrag gestern unterschrieben.",
        "Bitte leiten Sie das an {name} in der Buchhaltung weiter.",
    ),
    "fr": (
        "La pièce jointe contient le contrat de {name}, que je ne devrais pas voir.",
        "D'après le journal, {name} a réinitialisé le mot de passe.",
        "La facture a été envoyée à {name} alors que j'étais connecté.",
        "{name} a signé le contrat hier.",
        "Merci de transmettre ceci à {name} à la comptabilité.",
    ),
    "es": (
        "El adjunto muestra el contrato de {name}, que no debería ver.",
        "Según el registro, {name} restableció la contraseña.",
        "La factura llegó a {name} aunque yo había iniciado sesión.",
        "{name} firmó el contrato ayer.",
        "Por favor, reenvíe esto a {name} en contabilidad.",
    ),
    "it": (
        "L'allegato mostra il contratto di {name}, che non dovrei vedere.",
        "Secondo il registro {name} ha reimpostato la password.",
        "La fattura è arrivata a {name} anche se ero collegato io.",
        "{name} ha firmato il contratto ieri.",
        "Per favore inoltrate questo a {name} in contabilità.",
    ),
    "pt": (
        "O anexo mostra o contrato de {name}, que eu não deveria ver.",
        "Segundo o registo, {name} redefiniu a palavra-passe.",
        "A fatura foi enviada a {name} embora fosse eu quem estava ligado.",
        "{name} assinou o contrato ontem.",
        "Por favor, encaminhe isto a {name} na contabilidade.",
    ),
    "nl": (
        "De bijlage toont het contract van {name}, dat ik niet zou mogen zien.",
        "Volgens het logboek heeft {name} het wachtwoord gewijzigd.",
        "De factuur ging naar {name} terwijl ik was ingelogd.",
        "{name} heeft het contract gisteren getekend.",
        "Stuur dit alstublieft door naar {name} van de boekhouding.",
    ),
}


def leaks(
    find: Find, regions: Sequence[str], sentences: Sequence[str], count: int, seed: int
) -> float:
    """Share of names of the regions that are leaked in the sentences, in per cent."""
    rng = random.Random(f"{seed}-{regions}")
    lost = 0
    for number in range(count):
        name = people.name_of(rng, regions[number % len(regions)])
        text = sentences[number % len(sentences)].format(name=name)
        start = text.index(name)
        mask = marked(len(text), find(text))
        lost += share(text, start, start + len(name), mask) < 0.9
    return percent(lost, count)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="names of each region")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    engines = {"pii_guard": ours(args.model)} | ({"presidio": presidio()} if args.peers else {})

    def rows_of(kind: str, parts: Part) -> list[dict[str, object]]:
        return [
            {kind: key}
            | {
                f"{name} leaked %": leaks(find, regions, sentences, args.count, args.seed)
                for name, find in engines.items()
            }
            for key, (regions, sentences) in parts.items()
        ]

    regions = rows_of("region", {key: ([key], SENTENCES) for key in people.regions()})
    columns = {
        key: [float(str(row[key])) for row in regions] for key in regions[0] if key != "region"
    }
    gaps = {key: round(max(values) - min(values), 2) for key, values in columns.items()}
    regions.append({"region": "widest gap", **gaps})
    languages = rows_of(
        "language", {key: (LANGUAGE_REGIONS[key], said) for key, said in LANGUAGES.items()}
    )
    if args.json:
        print(json.dumps({"regions": regions, "languages": languages}))
    else:
        print(table(regions), table(languages), sep="\n\n")


if __name__ == "__main__":
    main()
