//! Words that say what the number after them is, in ten languages.
//!
//! Only the few words right before a number are looked at, and only once a number was found.

/// How far before a number its hint may stand, in bytes.
const REACH: usize = 40;

/// Booking, order, customer, claim and ticket numbers.
pub const REFERENCE: &[&str] = &[
    "booking",
    "reservation",
    "reference",
    "ref",
    "order",
    "pnr",
    "confirmation",
    "ticket",
    "case",
    "claim",
    "policy",
    "account number",
    "account no",
    "customer",
    "tracking",
    "track",
    "parcel",
    "invoice",
    "contract",
    "member",
    "boeking",
    "boekingsnummer",
    "boekingscode",
    "reserverings",
    "bestelling",
    "bestelnummer",
    "ordernummer",
    "klantnummer",
    "factuur",
    "kenmerk",
    "dossier",
    "zaaknummer",
    "polis",
    "meldingsnummer",
    "pakket",
    "trackcode",
    "lotnr",
    "commande",
    "dossier",
    "reservation",
    "client",
    "facture",
    "contrat",
    "colis",
    "suivi",
    "buchung",
    "bestellung",
    "bestellnummer",
    "auftrag",
    "kundennummer",
    "rechnung",
    "vorgang",
    "sendung",
    "vertrag",
    "ticketnr",
    "prenotazione",
    "ordine",
    "pratica",
    "fattura",
    "cliente",
    "contratto",
    "spedizione",
    "pedido",
    "reserva",
    "localizador",
    "contrato",
    "factura",
    "fatura",
    "encomenda",
    "expediente",
    "protocolo",
    "bestilling",
    "ordre",
    "kundenummer",
    "saksnummer",
    "sak",
    "faktura",
    "sporing",
    "заказ",
    "брон",
    "договор",
    "номер клиента",
    "лицевой счет",
    "лицевой счёт",
    "трек",
    "обращени",
    "заявк",
    "予約",
    "注文",
    "番号",
    "お客様番号",
    "伝票",
    "問い合わせ",
];
/// The Dutch citizen service number.
pub const BSN: &[&str] =
    &["bsn", "burgerservicen", "burger service n", "sofin", "sofi-n", "sofi n", "citizen service number"];
/// A date of birth.
pub const BIRTH: &[&str] = &[
    "geboren",
    "geboortedatum",
    "geb.",
    "geb ",
    "born",
    "date of birth",
    "dob",
    "birthdate",
    "birth date",
    "né le",
    "née le",
    "naissance",
    "geburtsdatum",
    "geboren am",
    "nato il",
    "nata il",
    "nascita",
    "nascido",
    "nascimento",
    "nacido",
    "nacida",
    "nacimiento",
    "født",
    "fødselsdato",
    "родил",
    "рождения",
    "生年月日",
    "誕生日",
];
/// Telephone numbers.
pub const PHONE: &[&str] = &[
    "tel",
    "phone",
    "call",
    "bel",
    "mobile",
    "mobiel",
    "number",
    "nummer",
    "numero",
    "numéro",
    "número",
    "appel",
    "joindre",
    "telefon",
    "handy",
    "anruf",
    "chiama",
    "cell",
    "móvil",
    "llam",
    "ligar",
    "ligue",
    "telem",
    "ring",
    "mobil",
    "тел",
    "звон",
    "номер",
    "電話",
    "携帯",
    "whatsapp",
];

/// The stretch of text before an offset in which hints are looked for, in lower case.
pub fn before(text: &str, at: usize) -> String {
    let mut start = at.saturating_sub(REACH);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..at].to_lowercase()
}

/// The few words right behind a number, up to the next digit, in lower case: what stands before another number is about that
/// one, and so is nothing of this.
pub fn after(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    let mut end = rest.len().min(REACH);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let words = rest.get(..end).unwrap_or_default();
    if words.bytes().any(|b| b.is_ascii_digit()) { String::new() } else { words.to_lowercase() }
}

/// Where the last hint that begins as a word ends, counted from the end of `before`.
pub fn distance(before: &str, hints: &[&str]) -> Option<usize> {
    let (mut last, mut left) = (None, None);
    for (at, first) in before.char_indices() {
        if super::super::borders::between(left, Some(first)) {
            let rest = &before[at..];
            let ends = hints.iter().filter(|hint| rest.starts_with(**hint)).map(|hint| at + hint.len());
            last = last.max(ends.max());
        }
        left = Some(first);
    }
    last.map(|end| before.len() - end)
}
