"""Health: record and insurance numbers behind their label, prescribers' numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import PATTERN, WEAK, Identifier, Match, standing
from pii_guard.detect.recognizers.checksums import digits
from pii_guard.detect.recognizers.numbered import AfterWords


class _Digits(AfterWords):
    least = 4

    def valid(self, text: str) -> bool | None:
        """False for values with too few digits, and for dates."""
        if sum(map(str.isdecimal, text)) < self.least or re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return False
        return None


class MedicalRecordNumber(_Digits):
    """Medical record and patient numbers."""

    entity = "MEDICAL_RECORD_NUMBER"
    pattern = standing(r"[A-Za-z]{0,4}-?\d[\d-]{2,14}\d")
    words = (
        "mrn", "medical record", "patient id", "patient number", "patient no", "hospital number", "chart",
        "health record", "patient nr", "patientennummer", "emr", "ehr", "record locator", "hospital no", "patient ref",
    )  # fmt: skip


class HealthInsuranceId(_Digits):
    """Insurance member, policy, claim, referral and authorisation numbers."""

    entity = "HEALTH_INSURANCE_ID"
    pattern = standing(r"(?:[A-Za-z]{1,4}[- ]?)?\d[\dA-Za-z-]{3,17}[\dA-Za-z]")
    least = 5
    words = (
        "member id", "memberid", "policynumber", "policyno", "claimnumber", "insurancenumber", "member number", "member no", "membership number", "policy number", "policy no", "claim number",
        "claim no", "insurance id", "insurance number", "insurance no", "insurance policy", "subscriber id",
        "versichertennummer", "health plan", "prior authorization", "authorization number", "referral number",
        "prescription number", "rx number", "group number", "medicaid", "claim id", "prior auth", "policy holder id",
        "subscriber number", "medicare number", "numéro de police", "numero di polizza", "policennummer",
        # Plans of insurers, whose numbers follow
        "ppo", "hmo", "epo", "aetna", "cigna", "humana", "bluecross", "blue cross", "blue shield", "bcbs",
        "unitedhealthcare", "kaiser permanente", "medicare advantage",
    )  # fmt: skip

    def matches(self, text: str) -> Iterator[Match]:
        """Any site counts its members and groups: a short counter of them is no insurer's."""
        for match in super().matches(text):
            short = match.end - match.start < 8 and text[match.start : match.end].isdecimal()
            if not (short and _COUNTED.search(text, max(0, match.start - 40), match.start)):
                yield match


_COUNTED = re.compile(
    r"(?i)(?:member(?:ship)?|subscriber|group)[ _-]?(?:ids?|numbers?|no|nr)\b\.?[^\w\n]{0,8}(?:is )?\Z"
)


class InsurancePolicy(_Digits):
    """Policy numbers behind the bare word, told from other policies' numbers by letters and dashes."""

    entity = "HEALTH_INSURANCE_ID"
    pattern = standing(
        r"(?=[A-Z\d-]{0,7}[A-Z])(?=[A-Z\d]{0,9}(?:-|\d{5}))[A-Z\d][A-Z\d-]{5,18}[A-Z\d]"
    )
    least = 5
    words = (
        "policy",
        "medicare",
        "member",
        "subscriber",
        "insured",
        "claim",
        "police",
        "polizza",
        "póliza",
    )


class MedicalLicense(Identifier):
    """US DEA registrations of prescribers (two letters, weighted digits), by label."""

    entity = "MEDICAL_LICENSE"
    pattern = standing(r"(?i:[ABCDEFGHJKLMPRSTUX][A-Z9])\d{7}|(?i:[A-HJ-MPR-UX])\d{8}")
    score = WEAK
    words = (
        "dea",
        "dea number",
        "prescriber",
        "medical license",
        "certificate number",
        "medical licence",
    )

    def valid(self, text: str) -> bool | None:
        """Odd places and twice the even ones; the last digit of the sum (21 CFR 1301)."""
        plain = digits(text[-7:])
        total = sum(plain[0:6:2]) + 2 * sum(plain[1:6:2])
        return None if total % 10 == plain[6] else False


class DiagnosisCode(AfterWords):
    """ICD-10 codes behind a word of diagnosis."""

    entity = "HEALTH"
    pattern = standing(r"[A-TV-Z]\d[\dAB](?:\.[\dA-Z]{1,4})?")
    words = (
        "icd",
        "icd-10",
        "icd10",
        "diagnosis",
        "diagnosed with",
        "dx",
        "diagnose",
        "diagnosis code",
        "icd-10-cm",
    )


_DRUGS = (
    "metformin|insulin|glargine|lispro|semaglutide|liraglutide|dulaglutide|empagliflozin|dapagliflozin|sitagliptin|glipizide|"
    "gliclazide|glimepiride|atorvastatin|simvastatin|rosuvastatin|pravastatin|lisinopril|ramipril|enalapril|perindopril|"
    "losartan|valsartan|candesartan|amlodipine|nifedipine|diltiazem|verapamil|metoprolol|bisoprolol|atenolol|carvedilol|"
    "propranolol|furosemide|hydrochlorothiazide|spironolactone|warfarin|apixaban|rivaroxaban|dabigatran|clopidogrel|"
    "ticagrelor|digoxin|amiodarone|levothyroxine|liothyronine|carbimazole|prednisone|prednisolone|dexamethasone|"
    "hydrocortisone|salbutamol|albuterol|budesonide|fluticasone|salmeterol|formoterol|tiotropium|montelukast|"
    "omeprazole|esomeprazole|pantoprazole|lansoprazole|ranitidine|famotidine|ondansetron|metoclopramide|loperamide|"
    "mesalazine|sulfasalazine|azathioprine|methotrexate|adalimumab|infliximab|etanercept|rituximab|tacrolimus|"
    "ciclosporin|cyclosporine|mycophenolate|hydroxychloroquine|paracetamol|acetaminophen|ibuprofen|naproxen|diclofenac|"
    "celecoxib|aspirin|tramadol|codeine|morphine|oxycodone|hydrocodone|fentanyl|buprenorphine|methadone|naloxone|"
    "naltrexone|gabapentin|pregabalin|duloxetine|amitriptyline|nortriptyline|sertraline|fluoxetine|paroxetine|"
    "citalopram|escitalopram|venlafaxine|desvenlafaxine|bupropion|mirtazapine|trazodone|lithium|lamotrigine|valproate|"
    "carbamazepine|levetiracetam|topiramate|phenytoin|clonazepam|diazepam|lorazepam|alprazolam|zolpidem|zopiclone|"
    "quetiapine|olanzapine|risperidone|aripiprazole|haloperidol|clozapine|methylphenidate|lisdexamfetamine|"
    "atomoxetine|amphetamine|donepezil|memantine|levodopa|carbidopa|pramipexole|sumatriptan|rizatriptan|amoxicillin|"
    "penicillin|ampicillin|flucloxacillin|cefalexin|cephalexin|ceftriaxone|azithromycin|clarithromycin|erythromycin|"
    "doxycycline|ciprofloxacin|levofloxacin|metronidazole|nitrofurantoin|trimethoprim|vancomycin|fluconazole|"
    "aciclovir|acyclovir|valaciclovir|valacyclovir|oseltamivir|tenofovir|emtricitabine|dolutegravir|bictegravir|"
    "lamivudine|efavirenz|ritonavir|sofosbuvir|isoniazid|rifampicin|tamoxifen|letrozole|anastrozole|imatinib|"
    "trastuzumab|pembrolizumab|cisplatin|carboplatin|paclitaxel|docetaxel|doxorubicin|cyclophosphamide|capecitabine|"
    "estradiol|levonorgestrel|testosterone|finasteride|tamsulosin|sildenafil|tadalafil|alendronate|allopurinol|"
    "colchicine|isotretinoin|interferon|ocrelizumab|natalizumab"
)


class Medication(Identifier):
    """Medicines by their international names (WHO INN): about somebody, they tell what they have."""

    entity = "HEALTH"
    pattern = re.compile(
        rf"(?<![\w./-])(?P<value>(?i:{_DRUGS})(?: (?:sodium|hydrochloride|hcl|xr|er|sr))?"
        r"(?:,? \d{1,4}(?:\.\d{1,3})? ?(?:mg|mcg|µg|g|ml|units?|iu|IE)(?:/(?:day|d|ml|kg))?(?!\w))?)(?![\w.]\w|[\w(=-])"
    )
    score = PATTERN
    stems = tuple(_DRUGS.split("|"))
