"""Columns of records: a name, the slot its values are drawn for, and what the column is called."""

from __future__ import annotations

COLUMNS = tuple(
    (name, slot)
    for name, _, slot in (
        pair.partition(":")
        for pair in (
            "name:PERSON name:FULL1 full_name:FULL1 first_name:GIVEN1 last_name:FAMILY1 "
            "email:email1 phone:phone address:ADDRESS street:STREET city:CITY zip:ZIP "
            "country:COUNTRY state:REGION location:PLACE company:ORG dob:DOB ssn:ssn "
            "username:USERNAME1 owner:USERNAME doctor:TITLED spouse:FULL manager:PERSON id:number "
            "service_user:user token:hex role:word product:product created_at:time ip:ip host:host "
            "job:job status:word title:bug path:path version:version ref:token amount:number "
            "signed:date method:function"
        ).split()
    )
)
HEADERS = {
    "name": "name customer patientName holder displayName contact Nombre assignee author recipient "
    "data.customer.name user.name Name Kunde nom nome naam payee tenant claimant insured guest".split(),
    "full_name": "full_name fullName customer_name cardholder account_holder patient Name cn "
    "nomeCompleto nom_complet volledige_naam beneficiary studentName".split(),
    "first_name": "first_name fname firstName givenName given_name vorname user.first_name prenom "
    "nombre voornaam forename FIRST_NAME".split(),
    "last_name": "last_name lname lastName surname sn nachname user.last_name apellido cognome "
    "achternaam familyName LAST_NAME".split(),
    "address": "address addr billing_address shipTo street_address home_addr adresse direccion "
    "indirizzo endereco anschrift mailing_address".split(),
    "street": "street line1 address1 addr_line_1 strasse address.street calle rue via straat".split(),
    "city": "city town locality ville address.city stadt ciudad citta woonplaats birthplace".split(),
    "zip": "zip postal_code postcode plz zipCode cap cep code_postal".split(),
    "country": "country nation land pays shipping_country countryName".split(),
    "state": "state province region bundesland prefecture county".split(),
    "location": "location place site destination office where".split(),
    "company": "company employer org organisation insurer firma client_company".split(),
    "dob": "dob date_of_birth birthDate birth_date birthday geburtsdatum fecha_nacimiento "
    "date_naissance born DOB".split(),
    "username": "username login user_name account handle uid nick screen_name userName sAMAccountName "
    "benutzer usuario".split(),
    "owner": "owner created_by updated_by user_login actor assignee_login by user".split(),
    "doctor": "doctor attending physician provider treating_doctor gp referred_by".split(),
    "spouse": "spouse emergency_contact next_of_kin guardian partner beneficiary".split(),
    "manager": "manager reports_to supervisor approver contact_person agent".split(),
    "product": "product software vendor name app_name plugin component".split(),
    "host": "host hostname server name domain node".split(),
    "title": "title summary name vulnerability".split(),
    "service_user": "run_as user service_account db_user".split(),
    "signed": "signed date last_login due valid_until".split(),
    "method": "method function handler name class".split(),
}
"""The columns that go by other names than their own."""
