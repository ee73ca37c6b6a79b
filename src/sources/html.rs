//! The HTML of a post as the plain text that its author saw.
//!
//! Mastodon and its kin give posts as a small, cleaned HTML. Paragraphs and line breaks become new
//! lines, links keep their text, spans that only hide or shorten keep theirs too, since together
//! they spell the whole address. What is no tag stays as it is: nothing is interpreted twice. The
//! work is one walk over the text, so that hostile markup costs no more than its length.

/// Converts the HTML of a post to plain text.
pub fn to_text(html: &str) -> String {
    let mut out = Out::default();
    let mut rest = html;
    // Once a tag has no end, neither has any after it: each is looked for no more than once.
    let mut tags_over = false;
    while let Some(at) = rest.find(['<', '&']) {
        out.words(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            let (text, len) = entity(rest);
            out.literal(&text);
            rest = &rest[len..];
        } else if let Some(tag) = (!tags_over).then(|| Tag::read(rest, &mut tags_over)).flatten() {
            rest = &rest[tag.len..];
            if !tag.closing && matches!(tag.name.as_str(), "script" | "style") {
                rest = after_closing(rest, &tag.name);
            } else {
                out.tag(&tag);
            }
        } else {
            out.literal("<");
            rest = &rest[1..];
        }
    }
    out.words(rest);
    out.text.trim_matches([' ', '\n']).to_owned()
}

#[derive(Default)]
struct Out {
    text: String,
    /// How many new lines stand between what is written and what comes.
    breaks: usize,
    /// Whether a space stands there instead.
    space: bool,
    /// How many `pre` are open.
    pre: usize,
}

impl Out {
    /// Text between tags: runs of white space are one space, unless it is preformatted.
    fn words(&mut self, text: &str) {
        if self.pre > 0 {
            return self.literal(text);
        }
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}') {
                self.space = true;
            } else {
                self.flush();
                self.text.push(c);
            }
        }
    }

    fn literal(&mut self, text: &str) {
        self.flush();
        self.text.push_str(text);
    }

    fn flush(&mut self) {
        if self.breaks > 0 {
            if !self.text.is_empty() {
                self.text.extend(std::iter::repeat_n('\n', self.breaks));
            }
        } else if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        (self.breaks, self.space) = (0, false);
    }

    fn tag(&mut self, tag: &Tag) {
        match (tag.name.as_str(), tag.closing) {
            ("br", _) => self.breaks = (self.breaks + 1).min(3),
            ("p" | "blockquote" | "pre" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6", closing) => {
                self.breaks = self.breaks.max(2);
                if tag.name == "pre" {
                    self.pre = if closing { self.pre.saturating_sub(1) } else { self.pre + 1 };
                }
            }
            ("li", false) => {
                self.breaks = 1;
                self.literal("- ");
            }
            ("div" | "li" | "tr" | "table" | "hr" | "dt" | "dd", _) => self.breaks = self.breaks.max(1),
            ("td" | "th", _) => self.space = true,
            _ => {}
        }
    }
}

struct Tag {
    name: String,
    closing: bool,
    len: usize,
}

impl Tag {
    /// Reads the tag at the beginning of `text`; quotes around values may hold a `>`.
    fn read(text: &str, endless: &mut bool) -> Option<Self> {
        let bytes = text.as_bytes();
        if text.starts_with("<!--") {
            let len = text.find("-->").map_or(text.len(), |at| at + 3);
            return Some(Self { name: String::new(), closing: false, len });
        }
        let closing = bytes.get(1) == Some(&b'/');
        let start = if closing { 2 } else { 1 };
        if !bytes.get(start).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'!') {
            return None;
        }
        let name_len = bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let mut quote = None;
        for (at, b) in bytes.iter().enumerate().skip(start + name_len) {
            match (quote, b) {
                (Some(q), b) if *b == q => quote = None,
                (None, b'"' | b'\'') => quote = Some(*b),
                (None, b'>') => {
                    let name = text[start..start + name_len].to_ascii_lowercase();
                    return Some(Self { name, closing, len: at + 1 });
                }
                _ => {}
            }
        }
        *endless = true;
        None
    }
}

/// The value of an attribute of a tag, as text; its name in small letters, however the tag spells it.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (spelt, mut from) = (tag.to_ascii_lowercase(), 0);
    while let Some(at) = spelt[from..].find(name) {
        let begin = from + at;
        let after = tag[begin + name.len()..].trim_start();
        let apart = tag[..begin].ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        if let Some(quoted) = after.strip_prefix('=').map(str::trim_start).filter(|_| apart) {
            let quote = quoted.chars().next().filter(|q| matches!(q, '"' | '\''))?;
            return quoted[1..].split(quote).next().map(to_text);
        }
        from = begin + name.len();
    }
    None
}

/// What stands behind the closing tag of an element whose content is no text.
fn after_closing<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let tail = &rest[from + at + 2..];
        if tail.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name)) {
            return tail.find('>').map_or("", |end| &tail[end + 1..]);
        }
        from += at + 2;
    }
    ""
}

/// The text of the entity at the beginning and its length; what is none is itself.
fn entity(text: &str) -> (String, usize) {
    let end = text.as_bytes().iter().take(12).position(|b| *b == b';');
    let found = end.and_then(|end| named_or_numbered(&text[1..end]).map(|t| (t, end + 1)));
    found.unwrap_or_else(|| ("&".to_owned(), 1))
}

/// What the letters and signs of Latin-1 are called, in their order from U+00A0 on.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave \
    Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml \
    ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN \
    szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute \
    icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml \
    yacute thorn yuml";

/// What stands from 0x80 on in the charset of Windows, by whose numbers old programs name signs; browsers read them so.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn named_or_numbered(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        if (0x80..0xa0).contains(&code) {
            return WINDOWS.chars().nth(code as usize - 0x80).map(String::from);
        }
        return Some(char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{fffd}').to_string());
    }
    const NAMES: &[(&str, &str)] = &[
        ("amp", "&"),
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("apos", "'"),
        ("hellip", "…"),
        ("ndash", "–"),
        ("mdash", "—"),
        ("lsquo", "‘"),
        ("rsquo", "’"),
        ("sbquo", "‚"),
        ("ldquo", "“"),
        ("rdquo", "”"),
        ("bdquo", "„"),
        ("lsaquo", "‹"),
        ("rsaquo", "›"),
        ("bull", "•"),
        ("euro", "€"),
        ("trade", "™"),
        ("OElig", "Œ"),
        ("oelig", "œ"),
        ("Scaron", "Š"),
        ("scaron", "š"),
        ("Yuml", "Ÿ"),
        ("ensp", "\u{2002}"),
        ("emsp", "\u{2003}"),
        ("thinsp", "\u{2009}"),
        ("zwj", "\u{200d}"),
        ("zwnj", "\u{200c}"),
    ];
    if let Some(at) = LATIN.split_ascii_whitespace().position(|n| n == name) {
        return char::from_u32(0xa0 + u32::try_from(at).ok()?).map(String::from);
    }
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, text: &str) {
        assert_eq!(to_text(html), text, "{html}");
    }

    #[test]
    fn paragraphs_breaks_and_entities() {
        check("<p>one</p><p>two<br>three<br />four</p>", "one\n\ntwo\nthree\nfour");
        check(
            "<p>5 &lt; 6 &amp;&amp; 7 &gt; 6 &quot;x&quot; &#39;y&#39; &#x1F600;</p>",
            "5 < 6 && 7 > 6 \"x\" 'y' 😀",
        );
        check("&amp;lt;b&amp;gt; stays", "&lt;b&gt; stays");
        check("a &bogus; b &amp c & d", "a &bogus; b &amp c & d");
        check("a&nbsp;b", "a\u{a0}b");
        check(
            "&iquest;La conexi&oacute;n no va, Jos&eacute;? &OElig;uvre &THORN;&yuml;",
            "¿La conexión no va, José? Œuvre Þÿ",
        );
        check(
            "N&atilde;o, p&aring; s&oslash;ndag f&aelig;rre; perch&egrave;",
            "Não, på søndag færre; perchè",
        );
        check("&#0;&#xD800;", "\u{fffd}\u{fffd}");
        check("it&#146;s &#150; &#x80;5 &#159;", "it’s – €5 Ÿ");
        check("one\n  two\t three", "one two three");
        check("<p>a</p>\n<p> b</p>", "a\n\nb");
        check("a<br><br>b", "a\n\nb");
        check("", "");
    }

    #[test]
    fn links_mentions_and_invisible_spans_keep_their_text() {
        check(
            "<p><span class=\"h-card\"><a href=\"https://i/@acme\" class=\"u-url mention\">@<span>acme</span></a></span> \
             pakket <a href=\"https://i/tags/kwijt\">#<span>kwijt</span></a> <a href=\"https://e.example/a/bc\">\
             <span class=\"invisible\">https://</span><span class=\"ellipsis\">e.example/a</span>\
             <span class=\"invisible\">/bc</span></a></p>",
            "@acme pakket #kwijt https://e.example/a/bc",
        );
    }

    #[test]
    fn lists_quotes_and_code() {
        check("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc");
        check("<blockquote>q</blockquote>a", "q\n\na");
        check("<pre><code>x  y\n z</code></pre>", "x  y\n z");
    }

    #[test]
    fn cells_and_rows_stay_apart() {
        check(
            "<table><tr><td>Name</td><td>Mia</td></tr><tr><th>Order</th><td>12</td></tr></table>x",
            "Name Mia\nOrder 12\nx",
        );
        check("a<hr>b<dl><dt>c</dt><dd>d</dd></dl>", "a\nb\nc\nd");
    }

    #[test]
    fn hostile_markup_does_no_harm() {
        check("a<script>alert('</b>')</SCRIPT >b", "ab");
        check("a<style>x", "a");
        check("a <b title='>' \">\">c</b>", "a c");
        check("1 < 2 <3 </ 4 <", "1 < 2 <3 </ 4 <");
        check("a<!-- <p> -->b<!DOCTYPE x>c", "abc");
        check("<p", "<p");
        check("日本<br>語", "日本\n語");
        let deep = format!("{}x", "<p><i>".repeat(50_000));
        check(&deep, "x");
        let open = "<a ".repeat(20_000);
        assert_eq!(to_text(&open).len(), open.len() - 1);
    }
}
