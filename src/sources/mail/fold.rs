//! What somebody wrote, apart from what their mail program added: quoted mails, their heads, signatures.
//!
//! Folded is kept and can be opened, but it is not read by triage: the angry mail that somebody quotes is
//! not theirs, and neither are telephone numbers below their name. Where nothing would be left, as in a
//! mail that was only passed on, nothing is folded. Pure, one walk over the lines.

/// A mail taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// What was written.
    pub text: String,
    /// The rest, in its order.
    pub rest: String,
}

/// Words of the line above a quoted mail ('On …, … wrote:') in the ten languages and their neighbours.
const WROTE: [&str; 17] = [
    "wrote",
    "schreef",
    "geschreven",
    "schrieb",
    "a écrit",
    "a ecrit",
    "écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "scrisse",
    "escreveu",
    "skrev",
    "написал",
    "пишет",
    "書きました",
    "のメール",
];

/// Names of the sender's line in the head of a quoted mail, as Outlook writes it.
const FROM: [&str; 12] =
    ["from:", "van:", "von:", "de:", "de :", "da:", "fra:", "från:", "от:", "差出人:", "送信者:", "od:"];

/// Names of the lines that follow it.
const AFTER_FROM: [&str; 38] = [
    "sent:",
    "date:",
    "to:",
    "subject:",
    "verzonden:",
    "datum:",
    "aan:",
    "onderwerp:",
    "gesendet:",
    "an:",
    "betreff:",
    "envoyé :",
    "envoyé:",
    "date :",
    "à :",
    "à:",
    "objet :",
    "enviado:",
    "para:",
    "asunto:",
    "assunto:",
    "fecha:",
    "inviato:",
    "oggetto:",
    "a:",
    "sendt:",
    "til:",
    "emne:",
    "dato:",
    "data:",
    "отправлено:",
    "дата:",
    "кому:",
    "тема:",
    "送信日時:",
    "日付:",
    "宛先:",
    "件名:",
];

/// Words of the bar above a quoted or passed on mail.
const ORIGINAL: [&str; 12] = [
    "original message",
    "oorspronkelijk bericht",
    "ursprüngliche nachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "opprinnelig melding",
    "исходное сообщение",
    "元のメッセージ",
    "original appointment",
];

/// What telephones put below.
const SENT_FROM: [&str; 29] = [
    "sent from my",
    "sent from mail for",
    "get outlook for",
    "verzonden vanaf mijn",
    "verstuurd vanaf mijn",
    "von meinem",
    "gesendet von",
    "envoyé de mon",
    "envoyé depuis",
    "enviado desde mi",
    "enviado do meu",
    "inviato da",
    "sendt fra min",
    "skickat från min",
    "отправлено с",
    "iphoneから送信",
    "sent via",
    "sent from outlook",
    "sent from yahoo",
    "verzonden vanaf outlook",
    "verzonden met outlook",
    "gesendet mit outlook",
    "envoyé à partir d",
    "enviado desde outlook",
    "enviado desde yahoo",
    "enviado do outlook",
    "sendt fra outlook",
    "отправлено из outlook",
    "отправлено из мобильной",
];

/// A cut quote of HTML stands in the text as this line.
pub const HTML_QUOTE: &str = "\u{e001}";

/// Takes a plain text apart.
pub fn fold(text: &str) -> Folded {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let end = end_of_words(&lines);
    let mut kept: Vec<&str> = Vec::new();
    let mut rest: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < end {
        let taken = attribution(&lines[..end], at);
        if taken > 0 {
            rest.extend(&lines[at..at + taken]);
            at += taken;
        } else {
            if is_quoted(lines[at]) {
                rest.push(lines[at]);
            } else {
                kept.push(lines[at]);
            }
            at += 1;
        }
    }
    while let Some(last) = kept.last() {
        if last.trim().is_empty() {
            kept.pop();
        } else if is_sent_from(last) && kept.iter().rev().skip(1).any(|l| !l.trim().is_empty()) {
            rest.extend(kept.pop());
        } else {
            break;
        }
    }
    rest.extend(&lines[end..]);
    let words = tidy(&kept);
    if words.is_empty() {
        let whole: Vec<&str> = lines.iter().copied().filter(|l| *l != HTML_QUOTE).collect();
        return Folded { text: tidy(&whole), rest: String::new() };
    }
    rest.retain(|l| *l != HTML_QUOTE);
    Folded { text: words, rest: tidy(&rest) }
}

/// Where what was written ends: at a signature, at the head or the bar of a quoted mail.
fn end_of_words(lines: &[&str]) -> usize {
    // Looked for once: a mail of nothing but bars has a line of them for each three of its bytes.
    let written = lines.iter().position(|l| !is_blank(l) && !is_quoted(l) && !is_bar(l));
    let ends = |at: usize| {
        let line = lines[at];
        line == "-- " || line.trim_end() == "--" || is_bar(line) || is_head(lines, at)
    };
    let after = written.map_or(lines.len(), |first| first + 1);
    (after..lines.len()).find(|at| ends(*at)).unwrap_or(lines.len())
}

/// Empty, or a rule.
fn is_blank(line: &str) -> bool {
    line.trim().bytes().all(|b| matches!(b, b'_' | b'-' | b'='))
}

fn is_quoted(line: &str) -> bool {
    line == HTML_QUOTE || line.trim_start().starts_with('>')
}

/// `-----Original Message-----`, in whatever language.
fn is_bar(line: &str) -> bool {
    let line = line.trim();
    let bare = line.trim_matches(['-', '_', ' ']).to_lowercase();
    line.starts_with("--") && bare.len() < 60 && ORIGINAL.iter().any(|o| bare.contains(o))
}

/// The head of a quoted mail: a sender's line, and soon after it two of the lines that follow such a line;
/// a rule of underscores above it belongs to it.
fn is_head(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    if line.len() >= 10 && line.bytes().all(|b| b == b'_') {
        let next = (at + 1..lines.len().min(at + 3)).find(|n| !lines[*n].trim().is_empty());
        return next.is_some_and(|n| begins_head(lines, n));
    }
    begins_head(lines, at)
}

fn begins_head(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    let starts = |line: &str, words: &[&str]| {
        // The French put a hard blank before a colon, the Japanese write a wide one.
        let line = line.trim().trim_matches('*').to_lowercase().replace('\u{a0}', " ");
        let line = line.replace('\u{ff1a}', ":").replace(":*", ":");
        words.iter().any(|w| line.starts_with(w))
    };
    let follow = &lines[(at + 1).min(lines.len())..lines.len().min(at + 6)];
    starts(line, &FROM) && follow.iter().filter(|l| starts(l, &AFTER_FROM)).count() >= 2
}

/// How many lines from `at` on are the line above a quote: up to three that end in 'wrote:', or in an address and a
/// colon as some programs write it, and a quote comes after them; after 'wrote:' nothing may come as well.
fn attribution(lines: &[&str], at: usize) -> usize {
    let mut joined = String::new();
    for taken in 1..=3 {
        let Some(line) = lines.get(at + taken - 1).map(|l| l.trim()) else { return 0 };
        if line.is_empty() || is_quoted(line) || joined.len() + line.len() > 400 {
            return 0;
        }
        if taken > 1 && is_dated(line) && !line.starts_with('<') {
            // It begins here: what stands above it was written by whoever answers.
            return 0;
        }
        joined.push(' ');
        joined.push_str(&line.to_lowercase());
        let ends = joined.ends_with([':', '\u{ff1a}', '。']);
        let dated = joined.contains('@') || joined.chars().any(|c| c.is_ascii_digit());
        let wrote = ends && dated && WROTE.iter().any(|w| joined.contains(w));
        let told = joined.trim_end_matches([':', '\u{ff1a}']).ends_with('>');
        let addressed = ends && told && joined.contains('@') && is_dated(&joined);
        if wrote || addressed {
            let next = lines[at + taken..].iter().find(|l| !l.trim().is_empty());
            let fits = next.map_or(wrote, |l| is_quoted(l));
            return if fits { taken } else { 0 };
        }
    }
    0
}

/// Whether a line tells a year or a time of day, as the line above a quote does where it begins.
fn is_dated(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_year =
        |w: &[u8]| (w.starts_with(b"19") || w.starts_with(b"20")) && w.iter().all(u8::is_ascii_digit);
    let year = bytes.windows(4).any(is_year);
    let time = bytes.windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit());
    year || time
}

fn is_sent_from(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.chars().count() < 80 && SENT_FROM.iter().any(|s| line.starts_with(s))
}

/// Lines as a text: without blanks at the ends, never more than one empty line.
fn tidy(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in lines {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

/// HTML with its quotes set apart, each as a line of its own that [`fold`] knows, and the quotes.
/// What follows the head of a mail quoted by Outlook is a quote to the end.
pub fn without_quotes(html: &str) -> (String, String) {
    // Small letters of ASCII alone, so that places stay the same.
    let lower = html.to_ascii_lowercase();
    let mut kept = String::new();
    let mut quotes = String::new();
    let mut from = 0;
    // The first is enough: one inside of a quote that was cut is cut with it.
    let outlook = OUTLOOK.iter().filter_map(|m| lower.find(m)).min();
    loop {
        let block = lower[from..].find("<blockquote").map(|at| at + from);
        if let Some(at) = outlook.filter(|o| *o >= from && block.is_none_or(|b| *o < b)) {
            let at = lower[..at].rfind('<').unwrap_or(at).max(from);
            kept.push_str(&html[from..at]);
            kept.push_str(QUOTE_TAG);
            quotes.push_str(&html[at..]);
            return (kept, quotes);
        }
        let Some(at) = block else { break };
        let end = end_of_block(&lower, at);
        kept.push_str(&html[from..at]);
        kept.push_str(QUOTE_TAG);
        quotes.push_str(&html[at..end]);
        quotes.push_str("<br>");
        from = end;
    }
    kept.push_str(&html[from..]);
    (kept, quotes)
}

/// How Outlook marks the head of the mail that it quotes.
const OUTLOOK: [&str; 3] = ["id=\"divrplyfwdmsg\"", "id=\"appendonsend\"", "name=\"_mailoriginal\""];
const QUOTE_TAG: &str = "<p>\u{e001}</p>";

/// Where the quote that begins at `at` ends, with those inside of it.
fn end_of_block(lower: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    let mut from = at;
    while let Some(next) = lower[from..].find("blockquote").map(|n| n + from) {
        let before = &lower[..next];
        from = next + "blockquote".len();
        if before.ends_with("</") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return lower[from..].find('>').map_or(lower.len(), |n| from + n + 1);
            }
        } else if before.ends_with('<') {
            depth += 1;
        }
    }
    lower.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        fold(text).text
    }

    #[test]
    fn the_line_above_a_quote_goes_with_it_in_every_language() {
        for above in [
            "On Tue, 24 Nov 2026 at 10:12, Acme Care <care@acme.example> wrote:",
            "On Tue, 24 Nov 2026 at 10:12, Acme Care\n<care@acme.example>\nwrote:",
            "Op di 24 nov 2026 om 10:12 schreef Acme <care@acme.example>:",
            "Op 24-11-2026 10:12 heeft Acme <care@acme.example> het volgende geschreven:",
            "Am 24.11.2026 um 10:12 schrieb Acme Care:",
            "Le mar. 24 nov. 2026 à 10:12, Acme <care@acme.example> a écrit :",
            "El mar, 24 nov 2026 a las 10:12, Acme (<care@acme.example>) escribió:",
            "Il giorno mar 24 nov 2026 alle ore 10:12 Acme ha scritto:",
            "Em ter., 24 de nov. de 2026 às 10:12, Acme <care@acme.example> escreveu:",
            "tir. 24. nov. 2026 kl. 10:12 skrev Acme <care@acme.example>:",
            "вт, 24 нояб. 2026 г. в 10:12, Acme <care@acme.example> написал(а):",
            "2026年11月24日(火) 10:12 Acme <care@acme.example>のメール:",
            "2026年11月24日(火) 10:12 Acme <care@acme.example> さんが書きました:",
            "2026/11/24 10:12、Acme <care@acme.example>のメール\u{ff1a}",
            "2026年11月24日(火) 10:12 Acme <care@acme.example>:",
            "вт, 24 нояб. 2026 г. в 10:12, Acme Care\n<care@acme.example>:",
        ] {
            let mail = format!("It still leaks.\n\n{above}\n\n> We sent you a new one.\n> Jan\n");
            assert_eq!(words(&mail), "It still leaks.", "{above}");
            assert!(fold(&mail).rest.contains("We sent you a new one."), "{above}");
        }
    }

    #[test]
    fn what_stands_right_above_such_a_line_stays() {
        let quote = "> We sent you a new one.";
        for above in [
            "On Tue, 24 Nov 2026 at 10:12, Acme Care <care@acme.example> wrote:",
            "On Tue, 24 Nov 2026 at 10:12, Acme Care\n<care@acme.example> wrote:",
        ] {
            let mail = format!("Dear all,\n\nIt still leaks.\nMia\n{above}\n{quote}\n");
            assert_eq!(words(&mail), "Dear all,\n\nIt still leaks.\nMia", "{above}");
        }
        let asks = "Please ask Jan <jan@x.example>:\nwhen does he come?";
        assert_eq!(words(asks), asks);
    }

    #[test]
    fn heads_and_bars_of_outlook_end_what_was_written() {
        for head in [
            "From: Acme <care@acme.example>\nSent: Tuesday, 24 November 2026 10:12\nTo: Mia\nSubject: RE: leak",
            "Van: Acme\nVerzonden: dinsdag 24 november 2026 10:12\nAan: Mia\nOnderwerp: RE: lek",
            "Von: Acme\nGesendet: Dienstag, 24. November 2026\nAn: Mia\nBetreff: AW: leck",
            "De : Acme\nEnvoyé : mardi 24 novembre 2026\nÀ : Mia\nObjet : RE: fuite",
            "De: Acme\nEnviado: martes\nPara: Mia\nAsunto: fuga",
            "Da: Acme\nInviato: martedì\nA: Mia\nOggetto: perdita",
            "Fra: Acme\nSendt: tirsdag\nTil: Mia\nEmne: lekkasje",
            "От: Acme\nОтправлено: вторник, 24 ноября 2026 г.\nКому: Mia\nТема: RE: течь",
            "De\u{a0}: Acme\nEnvoyé\u{a0}: mardi 24 novembre 2026\nÀ\u{a0}: Mia\nObjet\u{a0}: RE: fuite",
            "差出人\u{ff1a}Acme\n送信日時\u{ff1a}2026年11月24日\n宛先\u{ff1a}Mia",
            "差出人: Acme\n送信日時: 2026年11月24日\n宛先: Mia\n件名: 漏れ",
            "*From:* Acme <care@acme.example>\n*Sent:* Tuesday\n*To:* Mia",
            "-----Original Message-----\nanything",
            "-----Oorspronkelijk bericht-----\niets",
            "________________________________\nFrom: Acme\nSent: Tuesday\nTo: Mia",
        ] {
            let mail = format!("Still broken, please call.\n\n{head}\n\nDear Mia, it is fixed.");
            assert_eq!(words(&mail), "Still broken, please call.", "{head}");
        }
    }

    #[test]
    fn signatures_are_folded_and_answers_between_the_lines_stay() {
        assert_eq!(words("Hi,\nit leaks.\n-- \nMia Jansen\n06-12345678"), "Hi,\nit leaks.");
        assert_eq!(words("It leaks.\n\nSent from my iPhone"), "It leaks.");
        assert_eq!(words("Het lekt.\n\nVerstuurd vanaf mijn iPad\n"), "Het lekt.");
        for told in [
            "Sent from Outlook for iOS",
            "Envoyé à partir d’Outlook pour Android",
            "Отправлено из мобильной Почты Mail",
            "Sendt fra Outlook for iOS",
            "Enviado desde Yahoo Mail",
        ] {
            assert_eq!(words(&format!("It leaks.\n\n{told}")), "It leaks.", "{told}");
        }
        let between = "> When did you buy it?\nIn May.\n> And where?\nIn Delft.\n";
        assert_eq!(words(between), "In May.\nIn Delft.");
        assert_eq!(fold(between).rest, "> When did you buy it?\n> And where?");
    }

    #[test]
    fn where_nothing_would_be_left_nothing_is_folded() {
        let passed_on = "-----Original Message-----\nFrom: Acme\nSent: today\nTo: Mia\n\nYour order is lost.";
        assert!(words(passed_on).contains("Your order is lost."));
        assert_eq!(words("> only a quote"), "> only a quote");
        assert_eq!(words(""), "");
        assert_eq!(words("-- \nMia"), "-- \nMia".replace("-- ", "--"));
    }

    #[test]
    fn a_mail_of_nothing_but_marks_costs_no_more_than_its_length() {
        for mark in
            ["--\n", "> \n--\n", "Sent from my x\n", "-----Original Message-----\n", "On 1 a wrote:\n\n"]
        {
            let folded = fold(&mark.repeat(100_000));
            assert!(folded.text.len() + folded.rest.len() > 0, "{mark}");
        }
    }

    #[test]
    fn words_that_only_look_like_it_stay() {
        let story = "On 3 May your man wrote:\nI will come tomorrow.\nHe never came.";
        assert_eq!(words(story), story);
        let list = "From: Delft\nto my home it took 3 weeks.";
        assert_eq!(words(list), list);
        let dashes = "First\n---\nSecond";
        assert_eq!(words(dashes), dashes);
    }

    #[test]
    fn quotes_of_html_are_set_apart_with_those_inside_of_them() {
        let html = "<p>It leaks.</p><div>On 24 Nov Acme wrote:<BLOCKQUOTE type=cite>new <blockquote>old</blockquote> \
                    one</BLOCKQUOTE></div><p>Bye</p>";
        let (kept, quotes) = without_quotes(html);
        assert!(kept.contains("It leaks.") && kept.contains("Bye") && !kept.contains("old"), "{kept}");
        assert!(quotes.contains("new") && quotes.contains("one"), "{quotes}");
        let outlook = "<p>No.</p><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Acme</div><p>long é story</p>";
        let (kept, quotes) = without_quotes(outlook);
        assert!(!kept.contains("story") && quotes.contains("story"), "{kept}");
        for broken in
            ["<blockquote", "<blockquote>never closed é", "</blockquote>x", "<blockquote><blockquote>"]
        {
            let (kept, quotes) = without_quotes(broken);
            assert!(kept.len() + quotes.len() >= broken.len().min(10), "{broken}");
        }
    }
}
