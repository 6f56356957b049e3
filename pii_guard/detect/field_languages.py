"""Names of fields in other languages than English, by what they hold; written as people write them."""

from __future__ import annotations

from types import MappingProxyType

PHRASES = MappingProxyType(
    {
        "PERSON": "volledige naam|nom de famille|nom et prenom|nom prenom|prénoms|nombres|nombre completo|apellido paterno|"
        "apellido materno|primer apellido|segundo apellido|nome completo|sobrenome|nome e cognome|geburtsname|"
        "ansprechpartner|fornavn|etternavn|efternavn|förnamn|efternamn|etunimi|sukunimi|imię|nazwisko|imię i nazwisko|"
        "jméno a příjmení|příjmení|vezetéknév|keresztnév|teljes név|ime i prezime|prezime|priimek|ad soyad|adı soyadı|"
        "soyad|soyadı|họ tên|họ và tên|фио|фамилия|имя|отчество|имя отчество|прізвище|姓名|氏名|お名前|フリガナ|"
        "mitarbeiter|mitarbeiterin|kontoinhaber|kontoinhaberin|nom d usage|tutor legal|"
        "이름|성명|الاسم|الاسم الكامل|اسم العائلة|नाम|पूरा नाम|पिता का नाम",
        "EMAIL_ADDRESS": "emailadres|mailadres|correo|correo electrónico|courriel|e posta|почта|邮箱|メールアドレス|이메일",
        "PHONE_NUMBER": "mobiel|telefoon|telefoonnummer|mobiele nummer|rufnummer|handynummer|festnetz|telefonnummer|mobil|mobilnummer|mobiltelefon|móvil|celular|"
        "teléfono móvil|teléfono fijo|telefone|cellulare|tel portable|téléphone portable|tel priv|mob|mob no|puhelin|"
        "puhelinnumero|telefonszám|telefonní číslo|nr telefonu|numer telefonu|farsími|cep telefonu|cep tel|gsm no|sđt|"
        "số điện thoại|điện thoại|телефон|手机|手机号|手机号码|电话|电话号码|联系电话|電話|電話番号|携帯|携帯電話|"
        "携帯番号|전화|전화번호|휴대폰|연락처|جوال|الجوال|رقم الجوال|هاتف|رقم الهاتف|मोबाइल|मोबाइल नंबर|फोन",
        "ADDRESS": "straat|straatnaam|woonadres|anschrift|wohnanschrift|adresa|adres|osoite|lakcím|naslov|domicilio|dirección de residencia|"
        "dirección residencia|indirizzo di residenza|residenza|morada|logradouro|código postal|code postal|postnr|"
        "postnummer|kod pocztowy|psč|địa chỉ|alamat|адрес|адреса|住所|地址|住址|家庭住址|주소|العنوان|पता",
        "LOCATION": "woonplaats|geboorteplaats|wohnort|geburtsort|lieu de naissance|lugar de nacimiento|localidad|municipio|cidade|città|"
        "luogo di nascita|miasto|şehir|город|城市|المدينة|शहर",
        "NATIONAL_ID": "bvn|nin|cédula|cédula de ciudadanía|número de documento|nro documento|documento de identidad|"
        "numero de seguridad social|numéro de sécurité sociale|nss|n sec soc|no sec soc|sec soc|cod fisc|cod fiscale|codfisc|fødselsnummer|personnr|"
        "henkilötunnus|hetu|kennitala|isikukood|cprnr|cpr nummer|rodné číslo|jmbg|oib|emšo|cnp|egn|rut|tckn|tc kimlik|"
        "tc kimlik no|t c kimlik no|kimlik no|cccd|cmnd|số cccd|nik|cnic|cnic no|mykad|aadhar|aadhaar no|aadhar no|"
        "aadhaar number|ghana card|omang|iqama|emirates id|ppsn|pps number|pps no|ni number|nat ins|nat ins no|"
        "national insurance|sozialversicherungsnummer|rentenversicherungsnummer|svnr|sv nummer|снилс|身份证|身份证号|"
        "身份证号码|身分證字號|マイナンバー|個人番号|주민등록번호|rrn|رقم الهوية|الهوية الوطنية|आधार|आधार संख्या",
        "TAX_ID": "steuernr|steueridentifikationsnummer|cuit|cuil|partita iva|инн",
        "PASSPORT": "reisepass|reisepassnummer|passeport|pasaporte|passaporto|passaporte|pasaport no|hộ chiếu|паспорт|"
        "护照|护照号|旅券番号|여권번호|جواز السفر",
        "DRIVER_LICENSE": "führerschein|führerscheinnummer|permis de conduire|licencia de conducir|cnh",
        "CREDIT_CARD": "kartennummer|kreditkarte|número de tarjeta|numéro de carte|银行卡号",
        "BANK_ACCOUNT": "rekeningnummer|rekeningnr|bankrekening|kontonr|número de cuenta|cuenta bancaria|口座番号|계좌번호",
        "SALARY": "bruttolohn|nettolohn|salaire brut|salaire net|salário|salario bruto|sueldo bruto|renda|renda mensal|"
        "salaris|brutosalaris|household income|gross pay|net pay|base salary|gehalt|bruttogehalt|nettogehalt|sueldo|salario|salaire|stipendio|зарплата|月薪|연봉",
        "MEDICAL_RECORD_NUMBER": "patientennummer|historia clínica|nhc|chi number|chi no",
        "UK_NHS": "nhs number|nhs no",
        "HEALTH_INSURANCE_ID": "kvnr|krankenversichertennummer|versichertennummer|krankenversicherungsnummer",
        "HEALTH": "aandoening|medicatie|diagnose|diagnosen|diagnóstico|diagnosi|enfermedad|enfermedades|maladie|malattia|erkrankung|"
        "krankheit|behinderung|alergias|allergien|medikamente|blutgruppe|grupo sanguíneo|диагноз|诊断|病名|진단|التشخيص|"
        "रोग|बीमारी|dx|disability|disabilities|injuries|medical history|chronic condition|chronic conditions",
        "RELIGION": "geloof|godsdienst|konf|religión|religione|religião|konfession|вероисповедание|宗教|종교|الديانة|धर्म",
        "ETHNICITY": "etnia|ethnie|raza|raça|raça cor|民族|ethnic background|ethn code|ethnicity code|caste",
        "SEXUAL_ORIENTATION": "orientación sexual|orientamento sessuale|sexuelle orientierung|orientation sexuelle",
        "POLITICS": "afiliación política|partido político|parteizugehörigkeit|party code|registered party|"
        "party registration|party affil|gewerkschaft|syndicat|vakbond|trade union|union code",
        "GENDER": "geslacht|geschlecht|sexo|sexe|sesso|género|cinsiyet|giới tính|пол|性别|性別|성별|الجنس",
        "DATE_OF_BIRTH": "geb|geb dat|gebdat|geb datum|geburtstag|f nac|fnac|fec nac|fecha nac|fecha de nac|nascimento|"
        "data de nascimento|data nascimento|dt nasc|data nascita|nato il|nata il|né le|née le|né e le|date naissance|"
        "fødselsdato|födelsedatum|syntymäaika|data urodzenia|datum narození|datum rojstva|datum rođenja|"
        "születési dátum|doğum tarihi|ngày sinh|tanggal lahir|tarikh lahir|дата рождения|дата народження|生日|"
        "出生日期|生年月日|생년월일|تاريخ الميلاد|जन्म तिथि|born|bday|bdate|dateofbirth|d o b",
        "PASSWORD": "пароль|密码|パスワード|비밀번호|mật khẩu|şifre|parola|hasło|heslo|jelszó|lösenord|salasana|"
        "adgangskode",
        "CARD_EXPIRY": "exp",
    }
)
