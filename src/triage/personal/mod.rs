//! Finds personal data in a text, as byte ranges of the text as it came.
//!
//! Numbers count only when their check digits, their shape or a word before them says what they
//! are: years, prices, times, flight numbers, handles and tags are not personal data. Nothing found
//! here is kept; what to do with it is decided elsewhere.

mod forms;
mod hints;
mod numbers;
mod seen;
mod words;

use crate::domain::judgement::{PersonalData, PersonalDataKind};

/// Most finds in one text; whoever pastes more has said enough.
pub const FINDS_MAX: usize = 64;

/// Finds all personal data into `kept`, in order and without overlaps; `forms` are those of the
/// brand's own numbers.
pub fn find_into(text: &str, forms: &[String], kept: &mut Vec<PersonalData>) {
    kept.clear();
    let Some(seen) = seen::Seen::of(text) else { return find_plain(text, forms, kept) };
    find_plain(&seen.text, forms, kept);
    for find in kept {
        if let Some((start, end)) = seen.place(find.start, find.end) {
            (find.start, find.end) = (start, end);
        }
    }
}

/// Finds all personal data in a text of plain signs.
fn find_plain(text: &str, forms: &[String], kept: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    let digits = bytes.iter().any(u8::is_ascii_digit);
    if !digits && !bytes.contains(&b'@') && !words::may_hold_reference(bytes) && forms.is_empty() {
        return;
    }
    forms::find(text, forms, kept);
    words::mails(text, kept);
    if digits {
        numbers::find(text, kept);
        words::addresses(text, kept);
        words::births(text, kept);
    }
    words::references(text, kept);
    // What is found first by a stricter rule keeps its place.
    let mut count = 0;
    for at in 0..kept.len() {
        let find = kept[at];
        let free = kept[..count].iter().all(|k| find.end <= k.start || find.start >= k.end);
        if free && count < FINDS_MAX {
            kept[count] = find;
            count += 1;
        }
    }
    kept.truncate(count);
    kept.sort_unstable_by_key(|f| f.start);
}

/// Finds all personal data.
#[cfg(test)]
fn find(text: &str) -> Vec<PersonalData> {
    let mut kept = Vec::new();
    find_into(text, &[], &mut kept);
    kept
}

fn data(kind: PersonalDataKind, start: usize, end: usize) -> PersonalData {
    PersonalData { kind, start, end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PersonalDataKind::{Address, BirthDate, Bsn, Card, Email, Iban, Phone, Reference};

    fn finds(text: &str) -> Vec<(PersonalDataKind, &str)> {
        find(text).into_iter().map(|f| (f.kind, &text[f.start..f.end])).collect()
    }

    #[test]
    fn finds_what_is_somebodys() {
        let check = |text: &str, kind, part: &str| assert_eq!(finds(text), [(kind, part)], "{text}");
        check("bel me op 06-12345678 aub", Phone, "06-12345678");
        check("Tel: +31 6 1234 5678.", Phone, "+31 6 1234 5678");
        check("appelez-moi au 06 12 34 56 78", Phone, "06 12 34 56 78");
        check("電話は090-1234-5678です", Phone, "090-1234-5678");
        check("звоните +7 (912) 345-67-89", Phone, "+7 (912) 345-67-89");
        check("call me on (020) 7946 0958", Phone, "(020) 7946 0958");
        check("mail jan.de.vries+x@example.co.uk!", Email, "jan.de.vries+x@example.co.uk");
        check("IBAN NL91 ABNA 0417 1643 00 graag", Iban, "NL91 ABNA 0417 1643 00");
        check("iban: de89370400440532013000", Iban, "de89370400440532013000");
        check("kaart 4111 1111 1111 1111 geweigerd", Card, "4111 1111 1111 1111");
        check("mijn bsn is 111222333", Bsn, "111222333");
        check("111222333 is mijn burgerservicenummer", Bsn, "111222333");
        check("111222333 (BSN), help!", Bsn, "111222333");
        check("niet 111222333, maar bsn 123456782", Bsn, "123456782");
        check("sofi nr 123456782", Bsn, "123456782");
        check("boeking KXQ4ZP, help", Reference, "KXQ4ZP");
        check("booking reference: KXQWZP", Reference, "KXQWZP");
        check("order 4711-2290 nog niet binnen", Reference, "4711-2290");
        check("commande n° 88213045", Reference, "88213045");
        check("Vorgangsnummer 20331177", Reference, "20331177");
        check("注文番号:AB-12345", Reference, "AB-12345");
        check("track 3SABCD1234567 zegt niks", Reference, "3SABCD1234567");
        check("ik woon op 1234 AB 12", Address, "1234 AB 12");
        check("Dorpsstraat 12 in Lutjebroek", Address, "Dorpsstraat 12");
        check("at 221 Baker Street", Address, "221 Baker Street");
        check("12 rue des Lilas", Address, "12 rue des Lilas");
        check("geboren op 03-04-1985", BirthDate, "03-04-1985");
        check("date of birth: 12/11/1979", BirthDate, "12/11/1979");
    }

    #[test]
    fn leaves_what_is_nobodys() {
        for text in [
            "since 2019 nothing changed, 2024-2026 too",
            "€ 1.299,00 of 12.50 euro betaald, 1 234,56",
            "flight KL1234 at 15:30 on 12-11-2025",
            "KL 0861 vertrekt 08:15 van gate D57",
            "#klm2025 en @user123456789",
            "1000000 keer gezegd, 100% kapot",
            "NL00 ABNA 0417 1643 00",
            "4111 1111 1111 1112",
            "order today and save, booking helps",
            "https://example.com/order/4711229012345",
            "error 503, code 0x80070057",
            "111222333",
            "we waited 10 weeks, 3 times, 20 minutes",
            "room 12 floor 3, iPhone 15, RTX 4090, covid19",
            "BOOKING CANCELLED WITHOUT ANSWER",
            "mijn boeking vandaag geannuleerd",
            "order 66 lol",
            "Level 12, page 221",
            "12 straten verder",
            "UA647 heading back to gate bc improper",
            "with a standby ticket, flight 4009",
            "website refers to 1-800 and hangs up",
        ] {
            assert_eq!(finds(text), [], "{text}");
        }
    }

    #[test]
    fn telephone_numbers_by_country() {
        for text in [
            "+31 6 12345678",
            "+32 470 12 34 56",
            "+33 6 12 34 56 78",
            "+34 612 345 678",
            "+39 347 123 4567",
            "+44 7700 900123",
            "+47 912 34 567",
            "+49 151 23456789",
            "+351 912 345 678",
            "+7 912 345-67-89",
            "+81 90-1234-5678",
            "+1 (555) 010-9999",
            "+55 11 91234-5678",
            "0031 6 12345678",
        ] {
            assert_eq!(finds(text), [(Phone, text)], "{text}");
        }
        for text in [
            "+31 6 1234",
            "+47 912 34 56",
            "+33 6 12 34 56",
            "+1 555 010",
            "+999 12 34",
            "score +12 345 678 9",
        ] {
            assert_eq!(finds(text), [], "{text}");
        }
    }

    #[test]
    fn each_kind_has_its_look_alikes() {
        for (kind, right, wrong) in [
            (Phone, "06-12345678", &["#0612345678", "@0612345678", "€ 06123456", "KL0612345678x"][..]),
            (Phone, "+31 6 12345678", &["+31 6 123", "2019-2026", "12:30-13:45", "1.234.567,89"]),
            (Email, "a.b@example.org", &["@a@example.org", "a@b", "#a@", "10 @ 5.50"]),
            (Iban, "NL91ABNA0417164300", &["NL92ABNA0417164300", "KL91ABNA", "NL91 2026", "#NL91ABNA"]),
            (
                Card,
                "4111111111111111",
                &["4111111111111112", "1111111111111111", "€4111111111111111", "#4111111111111111"],
            ),
            (
                Bsn,
                "bsn 111222333",
                &[
                    "bsn 111222334",
                    "111222333",
                    "bsn 2026",
                    "bsn € 111.222.333,00",
                    "111222334 is mijn bsn",
                    "order 111222333, geen bsn",
                    "111222333 klanten, en de website vraagt ook nog om een bsn",
                ],
            ),
            (Address, "1234 AB 12", &["1234 AB", "2026 is 12", "KL 1234 AB", "# 1234"]),
            (
                BirthDate,
                "geboren op 3-4-1985",
                &["op 3-4-1985", "geboren in 1985", "born 12:30", "geboren op € 3,40"],
            ),
            (
                Reference,
                "boeking KXQ4ZP",
                &["boeking 2026", "vlucht KL1234", "boeking #zomer", "boeking € 49,95"],
            ),
            (Reference, "order 4711-2290", &["order 66", "in 2026 order", "order today", "€ 4711"]),
        ] {
            assert!(finds(right).iter().any(|(k, _)| *k == kind), "{right}: {:?}", finds(right));
            for text in wrong {
                assert!(finds(text).iter().all(|(k, _)| *k != kind), "{kind:?} in {text}: {:?}", finds(text));
            }
        }
    }

    #[test]
    fn forms_of_the_brand() {
        let forms = ["AB-####".to_owned(), "??######".to_owned()];
        let mut kept = Vec::new();
        find_into("mijn ab-1234 en XY123456, maar AB-12345 niet, AB-12 ook niet", &forms, &mut kept);
        assert_eq!(kept.iter().map(|f| (f.start, f.end)).collect::<Vec<_>>(), [(5, 12), (16, 24)]);
        assert!(kept.iter().all(|f| f.kind == Reference && f.kind.certainty() > 0.5));
    }

    #[test]
    fn several_and_their_order() {
        assert_eq!(finds("mail a@b.nl of bel 0612345678"), [(Email, "a@b.nl"), (Phone, "0612345678")]);
    }

    #[test]
    fn other_signs_hide_nothing_and_places_are_those_of_the_text() {
        for (text, kind, part) in [
            ("電話は０９０－１２３４－５６７８です", Phone, "０９０－１２３４－５６７８"),
            ("電話は090ー1234ー5678です！", Phone, "090ー1234ー5678"),
            ("bel 06–12345678 ✓", Phone, "06–12345678"),
            ("é 06\u{a0}12\u{a0}34\u{a0}56\u{a0}78 merci", Phone, "06\u{a0}12\u{a0}34\u{a0}56\u{a0}78"),
            ("bel 06\u{200b}123\u{ad}45678", Phone, "06\u{200b}123\u{ad}45678"),
            ("メール：ｊａｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", Email, "ｊａｎ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
            (
                "IBAN NL91\u{a0}ABNA\u{a0}0417\u{a0}1643\u{a0}00",
                Iban,
                "NL91\u{a0}ABNA\u{a0}0417\u{a0}1643\u{a0}00",
            ),
            ("NL91-ABNA-0417-1643-00", Iban, "NL91-ABNA-0417-1643-00"),
        ] {
            assert_eq!(finds(text), [(kind, part)], "{text}");
        }
        assert_eq!(finds("スーパー2026年ーとても安い！"), []);
    }

    #[test]
    fn numbers_beside_other_numbers() {
        for (text, kind, part) in [
            ("card 4111 1111 1111 1111 12/27", Card, "4111 1111 1111 1111"),
            ("bel 0612345678 12:30 uur", Phone, "0612345678"),
            ("06 12345678 1e keer", Phone, "06 12345678"),
            ("sinds 2019 0612345678", Phone, "0612345678"),
            ("gate 5 +31 6 12345678", Phone, "+31 6 12345678"),
            ("89123456789 позвоните", Phone, "89123456789"),
        ] {
            assert_eq!(finds(text), [(kind, part)], "{text}");
        }
        for text in [
            "4111 1111 1111 1112 12/27",
            "bel 0800 123 4567 gratis",
            "0900-1234567 kost geld",
            "1-800-225-5288",
            "10 10 10 10 10 10 10 10",
        ] {
            assert_eq!(finds(text), [], "{text}");
        }
    }

    #[test]
    fn months_in_letters_and_houses_with_letters() {
        for (text, kind, part) in [
            ("geboren op 3 april 1985", BirthDate, "3 april 1985"),
            ("born on April 3rd, 1985", BirthDate, "April 3rd, 1985"),
            ("née le 1er août 1990", BirthDate, "1er août 1990"),
            ("nacido el 3 de abril de 1985", BirthDate, "3 de abril de 1985"),
            ("生年月日：1985年4月3日", BirthDate, "1985年4月3日"),
            ("Kerkstraat 12a, Utrecht", Address, "Kerkstraat 12a"),
            ("at 221B Baker Street", Address, "221B Baker Street"),
        ] {
            assert_eq!(finds(text), [(kind, part)], "{text}");
        }
        for text in [
            "born in the year 1985",
            "op 3 april 2026 vertrekken we",
            "geboren om 12:30, 1985 gram",
            "Onderweg 3 keer gebeld",
            "Sitzplatz 12 war kaputt",
            "1985年4月3日",
        ] {
            assert_eq!(finds(text), [], "{text}");
        }
    }

    #[test]
    fn endless_digits_take_linear_time() {
        let text = "1 ".repeat(20_000) + &"9".repeat(20_000) + &"a@".repeat(10_000);
        assert!(find(&text).len() <= FINDS_MAX);
    }
}
