"""Sentences and forms around people. Upper-case slots are entities, lower-case ones are not."""

from __future__ import annotations

PROSE = tuple(
    line.replace("\\n", "\n").replace("\\t", "\t")
    for line in r"""{greeting} {GIVEN},
{greeting} {GIVEN}, attached is the {bug} report for {product}.
Hello {title} {FAMILY}, your claim {member} has been approved.
Dear {FULL},\n\nwe noticed a login from {ip} on {date}. If this was not you, contact support.\n\nRegards,\n{FULL}\n{ORG}
Dear {title} {FAMILY}:\n\nThank you for your payment of {date}.
Best regards,\n{PERSON}\n{job}, {ORG}\n{ADDRESS}\nTel: {phone}
Kind regards,\n{GIVEN}
Thanks,\n{PERSON}
Sincerely,\n\n{FULL}\n{job}
From: {FULL} <{email}>\nTo: {FULL} <{email}>\nSubject: {bug} in {host}
From: {PERSON}\nSent: {date}\nTo: {PERSON}; {PERSON}\nCc: {PERSON}
On {date}, {FULL} <{email}> wrote:\n> {technical}
Exploit Author: {PERSON}
# Exploit Title: {product} - {bug}\n# Date: {date}\n# Exploit Author: {PERSON}\n# Version: {version}
Discovered by {PERSON} of {ORG}.
Credits: {PERSON}, {PERSON} and {PERSON}
Reported-by: {FULL} <{email}>
Author: {FULL} <{email}>\nDate: {time}\n\n    fix {bug} in {function}
Copyright (c) {number} {PERSON}
This vulnerability was found by {FULL} ({user}) and reported to {ORG} on {date}.
By changing the id parameter I can read the profile of another user, {FULL}, who lives at {ADDRESS}.
With id={number} the API returns the record of {FULL} ({email}), born {date}, living in {CITY}.
As user A ({user}) I can open the invoice of user B, {FULL}.
The response discloses the name {FULL}, the address {ADDRESS} and the phone number {phone}.
The victim is {PERSON} from {CITY}; her card was issued to {FULL}.
Row {number} of the dump belongs to {FULL}, {STREET}, {CITY}.
I could see the messages between {FULL} and {GIVEN}.
I stopped as soon as I saw the data of {FULL} and deleted the file.
{GIVEN} asked me to send this again, please see below.
{PERSON} confirmed the fix on {date}.
cc {GIVEN} and {GIVEN}
[{time}] <{GIVEN}> did you see the ticket from {FULL}?
[{time}] {user}: asking {GIVEN} about it
{GIVEN}: can you check {host}?\n{GIVEN}: sure, {technical}
assigned to {FULL} by {FULL} on {date}
{FULL} commented on {date}: {technical}
User {FULL} (id {number}) deleted the record of {FULL}.
{time} INFO {function} user={user} name="{FULL}" ip={ip}
{time} WARN login failed for {FULL} from {ip}
{time} ERROR could not send mail to {FULL} <{email}>: {technical}
Patient: {FULL}\nDOB: {date}\nMRN: {member}\nAddress: {ADDRESS}\nAttending: Dr. {FAMILY}
{title} {FULL} was admitted on {date} with chest pain and seen by Dr. {FAMILY}.
Patient {FAMILY}, {GIVEN} (MRN {member}) takes metformin 500 mg twice daily.
Policy holder: {FULL}\nPolicy number: {member}\nInsured address: {ADDRESS}
Insured: {FULL}, member id {member}, plan {service}
The claimant, {FULL}, residing at {ADDRESS}, states that the damage occurred on {date}.
{FULL}\n{ADDRESS}\n\n{date}\n\nYour policy {member}
{ORG}\n{ADDRESS}\n\n{FULL}\n{ADDRESS}
Ship to: {FULL}, {ADDRESS}
Transfer from account {number} ({FULL}) to {FULL}
Card holder {FULL} exp 09/28
Name: {FULL}\nAddress: {ADDRESS}\nPhone: {phone}
Emergency contact: {FULL} ({phone})
wife {GIVEN} and son {GIVEN}
Beneficiary: {FULL}\nEmployer: {ORG}
just met {PERSON} at {CITY}, great talk on {bug}
{PERSON} says {product} is broken again in {COUNTRY}
{CITY}-based {ORG} confirmed the incident.
{ORG}, headquartered in {CITY}, {COUNTRY}, said customers in {COUNTRY} are affected.
Flights from {CITY} to {CITY} were delayed.
"{technical}" said {PERSON}.
{title} {PERSON} told {ORG} that the data was public.
Screenshot shows the inbox of {FULL}.
Sehr geehrte Frau {FAMILY},\n\nIhr Vertrag wird zum {date} beendet.\n\nMit freundlichen Grüßen\n{FULL}
Bonjour {GIVEN},\n\nvotre dossier est complet.\n\nCordialement,\n{FULL}
Estimado señor {FAMILY}: su pedido se enviará a {ADDRESS}.
Gentile {FULL}, la informiamo che il suo reso è stato accettato.
Beste {GIVEN}, bedankt voor uw bestelling. Groeten, {FULL}
Prezada {FULL}, o seu cartão foi enviado para {ADDRESS}.
2. {FULL} - {email} - {phone}
- {FULL}, {CITY}
* {FULL} ({user})
{FULL}; {date}; {STREET}; {ZIP}; {CITY}
{FULL}\t{email}\t{phone}\t{CITY}
{FAMILY}, {GIVEN}
{PERSON}
{FULL}
{FULL}'s account
Notes: called {GIVEN} on {phone}, no answer. {FULL} will call back.
Attendees: {FULL}, {FULL}, {GIVEN} {FAMILY} and {FULL} ({ORG})
the database has {FULL}, {FULL} and {number} more
{product} by {ORG}
{technical}\n{FULL}\n{technical}""".split("\n")
)

COLUMNS = tuple(
    tuple(pair.split(":"))
    for pair in (
        "name:PERSON full_name:FULL first_name:GIVEN last_name:FAMILY email:email phone:phone "
        "address:ADDRESS street:STREET city:CITY zip:ZIP country:COUNTRY company:ORG dob:date ssn:ssn "
        "id:number user:user token:hex role:word product:product created_at:time ip:ip host:host "
        "job:job status:word title:bug path:path version:version ref:token"
    ).split()
)

HEADERS = {
    "name": "name customer patientName holder displayName contact Nombre assignee author recipient "
    "data.customer.name user.name Name Kunde".split(),
    "full_name": "full_name fullName customer_name cardholder account_holder patient Name".split(),
    "first_name": "first_name fname firstName givenName given_name vorname user.first_name".split(),
    "last_name": "last_name lname lastName surname sn nachname user.last_name".split(),
    "address": "address addr billing_address shipTo street_address home_addr adresse".split(),
    "street": "street line1 address1 addr_line_1 strasse address.street".split(),
    "city": "city town locality ville address.city".split(),
    "zip": "zip postal_code postcode plz zipCode".split(),
    "product": "product software vendor name app_name plugin component".split(),
    "host": "host hostname server name domain".split(),
    "title": "title summary name vulnerability".split(),
}
