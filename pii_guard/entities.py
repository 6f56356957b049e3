"""The entity types: their policy category, whether they identify alone, their default threshold.

Names are Presidio's where Presidio has one. A recognizer may emit a type that is not listed here:
it is then a strong identifier of category `other_identifying`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from pii_guard.findings import Category


class Entity(NamedTuple):
    """One entity type. `strong`: identifies a person wherever it stands."""

    category: Category
    strong: bool = True
    threshold: float = 0.5


_STRONG = {
    Category.NAME_PLUS_IDENTIFIER: "EMAIL_ADDRESS PHONE_NUMBER ADDRESS",
    Category.FINANCIAL: "CREDIT_CARD CVV IBAN_CODE BANK_ACCOUNT US_BANK_NUMBER "
    "SORT_CODE CRYPTO SALARY",
    Category.HEALTH: "MEDICAL_RECORD_NUMBER HEALTH_INSURANCE_ID US_NPI US_MBI UK_NHS "
    "MEDICAL_LICENSE AU_MEDICARE DE_HEALTH_INSURANCE DE_LANR CA_PHN HU_TAJ NZ_NHI",
    Category.GOVERNMENT_ID: "US_SSN US_ITIN US_PASSPORT US_DRIVER_LICENSE UK_NINO UK_PASSPORT "
    "PASSPORT DRIVER_LICENSE NATIONAL_ID TAX_ID FR_NIR DE_TAX_ID DE_SOCIAL_SECURITY DE_ID_CARD "
    "ES_NIF ES_NIE IT_FISCAL_CODE NL_BSN BE_NN PT_NIF PL_PESEL SE_PERSONNUMMER "
    "FI_PERSONAL_IDENTITY_CODE DK_CPR NO_FNR CZ_RC RO_CNP BG_EGN GR_AMKA HR_OIB IE_PPS EE_IK "
    "LT_AK AT_SVNR CH_AHV IN_AADHAAR IN_PAN AU_TFN CA_SIN BR_CPF AR_DNI AR_CUIT CL_RUT MX_CURP "
    "CO_NIT CN_RIC KR_RRN JP_MY_NUMBER TR_NATIONAL_ID IL_ID ZA_ID_NUMBER SG_NRIC_FIN TH_TNIN "
    "MY_NRIC AE_EMIRATES_ID AT_TIN BG_PNF CY_TIC DE_FUEHRERSCHEIN DE_PASSPORT DE_TAX_NUMBER DO_CEDULA EC_CI "
    "EG_NATIONAL_ID ES_NSS ES_PASSPORT FR_NIF GR_AFM HK_ID HU_TAX_ID ID_NIK ID_NPWP IN_PASSPORT IN_VOTER "
    "IR_NATIONAL_ID IS_KENNITALA IT_DRIVER_LICENSE IT_IDENTITY_CARD IT_PASSPORT KE_PIN "
    "KR_DRIVER_LICENSE KR_FRN KR_PASSPORT LU_MATRICULE LV_PK MX_RFC NG_NIN NZ_IRD PE_CUI "
    "PH_PASSPORT PH_TIN PH_UMID PK_CNIC PL_ID_CARD PL_NIP PT_CC RU_INN RU_SNILS SA_NATIONAL_ID SI_EMSO "
    "SI_TAX_ID TW_ID TR_VKN UA_RNTRC BR_DRIVING_LICENCE UK_DRIVING_LICENCE UK_UTR VE_RIF ZA_INCOME_TAX_NUMBER ZA_TRAFFIC_REGISTER_NUMBER",
    Category.OTHER_IDENTIFYING: "DATE_OF_BIRTH MAC_ADDRESS IMEI IMSI ICCID DEVICE_ID COORDINATES "
    "VEHICLE_ID UK_VEHICLE_REGISTRATION DE_KFZ IN_VEHICLE_REGISTRATION NG_VEHICLE_REGISTRATION "
    "TR_LICENSE_PLATE UNSCANNED",
    Category.SECRET: "PASSWORD API_KEY ACCESS_TOKEN PRIVATE_KEY",
}
_WEAK = {
    # Numbers of businesses, which are a person's when the business is one.
    Category.GOVERNMENT_ID: "AU_ABN AU_ACN BR_CNPJ DE_BSNR DE_HANDELSREGISTER DE_VAT_ID IN_GSTIN "
    "IT_VAT_CODE KR_BRN SE_ORGANISATIONSNUMMER SG_UEN UY_RUT VAT_NUMBER",
    Category.NAME_PLUS_IDENTIFIER: "USERNAME IP_ADDRESS LOCATION",
    Category.OTHER_IDENTIFYING: "AGE DOMAIN_NAME",
    Category.HEALTH: "HEALTH",
    Category.FINANCIAL: "SWIFT_BIC ABA_ROUTING_NUMBER CARD_EXPIRY",
    Category.POLITICAL_RELIGIOUS: "RELIGION POLITICS",
    Category.RACE_ETHNICITY: "ETHNICITY",
    Category.SEXUAL_ORIENTATION: "SEXUAL_ORIENTATION",
    Category.GENDER: "GENDER",
    # Alone it names nobody, and tells which session did what; beside a person it is theirs.
    Category.SECRET: "SESSION_ID",
}

ENTITIES: MappingProxyType[str, Entity] = MappingProxyType(
    {"PERSON": Entity(Category.FULL_NAME)}
    | {name: Entity(c) for c, names in _STRONG.items() for name in names.split()}
    | {name: Entity(c, strong=False) for c, names in _WEAK.items() for name in names.split()}
)
"""All types a policy may name. A PERSON of one word is weak all the same (`decide/rules.py`)."""


def entity(entity_type: str) -> Entity:
    """What is known about an entity type."""
    return ENTITIES.get(entity_type, Entity(Category.OTHER_IDENTIFYING))
