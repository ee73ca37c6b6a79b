//! Mailboxes: a right section, and the exact mistakes that wrong ones give.

use super::*;
use secrecy::ExposeSecret;

const MAIL: &str = "[[source]]\nname = 'care'\n[source.mail]\naddress = 'care@acme.example'\n\
    [source.mail.imap]\nhost = 'imap.acme.example'\npassword = 'hush-hush'\n[source.mail.smtp]\nhost = 'smtp.acme.example'\n";

#[test]
fn a_right_section_is_read() {
    let settings = load_with(&format!("{BRAND}{MAIL}"), &NONE, &Flags::default()).unwrap();
    let mail = settings.sources[0].mail.as_ref().unwrap();
    assert_eq!((mail.folders.as_slice(), mail.subject_tag.as_str()), (&["INBOX".to_owned()][..], "#"));
    assert!(settings.sources[0].is_account());
    assert!(!format!("{settings:?}").contains("hush-hush"), "the password is never shown");
}

#[test]
fn secrets_may_stand_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hush\n").unwrap();
    let text = MAIL.replace("password = 'hush-hush'", &format!("password_file = '{}'", file.display()));
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let password = settings.sources[0].mail.as_ref().unwrap().imap.password.clone().unwrap();
    assert_eq!(password.expose_secret(), "hush");
    let text = MAIL.replace("password = 'hush-hush'", &format!("token_file = '{}'", file.display()));
    assert!(load_with(&text, &NONE, &Flags::default()).is_ok());
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[[source]]\nname = 'm'\nmail = {}\n",
        &[
            "F:6: source[0].mail.address: ''; wanted is an address such as care@example.com",
            "F:6: source[0].mail.imap.host: empty; wanted is the name of a server such as imap.example.com",
            "F:6: source[0].mail.imap: no secret; wanted is password, password_file or token_file",
        ],
    );
    check_after_brand(
        "[[source]]\nname = 'm'\n[source.mail]\naddress = 'Acme <care@acme.example>'\nown_addresses = ['x']\n\
         folders = ['INBOX', 'inbox', 'Sent', '']\nsent_folder = 'Sent'\nevery_seconds = 1\nfirst_days = -1\n\
         bytes_max = 1\nsubject_tag = '[x]'\n\
         [source.mail.imap]\nhost = 'imap://x'\nport = 0\npassword = 'a'\ntoken_file = '/none/there'\n\
         [source.mail.smtp]\nhost = 'mail.acme.example'\nsecurity = 'none'\nopen = true\nuser = 'x'\nper_minute_max = 0\n",
        &[
            "F:7: source[0].mail.address: 'Acme <care@acme.example>'; wanted is an address such as care@example.com",
            "F:8: source[0].mail.own_addresses[0]: 'x'; wanted is an address such as care@example.com",
            "F:9: source[0].mail.folders[2]: 'Sent' is the sent_folder too; allowed: one of the two",
            "F:9: source[0].mail.folders[3]: ''; wanted is the name of a folder such as INBOX",
            "F:9: source[0].mail.folders[1]: 'inbox' is folders[0] too; allowed: each folder once",
            "F:11: source[0].mail.every_seconds: the number 1; allowed: 5 to 86400",
            "F:12: source[0].mail.first_days: the number -1; allowed: 0 to 3650",
            "F:13: source[0].mail.bytes_max: the number 1; allowed: 65536 to 104857600",
            "F:14: source[0].mail.subject_tag: '[x]'; allowed: 1 to 20 letters, digits, '#', '-', '.' and blanks",
            "F:16: source[0].mail.imap.host: 'imap://x'; wanted is the name of a server such as imap.example.com",
            "F:17: source[0].mail.imap.port: the number 0; allowed: 1 to 65535",
            "F:19: source[0].mail.imap.token_file: a password is given as well; allowed: one of the two",
            "F:19: source[0].mail.imap.token_file: /none/there: No such file or directory (os error 2); wanted is a readable file with the token in it",
            "F:22: source[0].mail.smtp.security: 'none' to 'mail.acme.example', which is not encrypted; allowed: tls, starttls, or none on this machine",
            "F:23: source[0].mail.smtp.open: true beside a user or a secret; allowed: one of the two",
            "F:25: source[0].mail.smtp.per_minute_max: the number 0; allowed: 1 to 10000",
        ],
    );
    let twice = format!("{MAIL}{}", MAIL.replace("'care'", "'again'"));
    check_after_brand(
        &twice,
        &[
            "F:16: source[1].mail.address: 'care@acme.example' is the mailbox of source[0] too; allowed: each mailbox once; list its folders in one source",
        ],
    );
    check_after_brand(
        &MAIL.replace("host = 'imap.acme.example'", "host = 'imap.acme.example'\nsecurity = 'ssl'"),
        &["F:10: source[0].mail.imap.security: 'ssl'; allowed: tls, starttls, none"],
    );
}

#[test]
fn with_several_brands_a_mailbox_says_whose_it_is() {
    let other = "[[brand]]\nname = 'Other'\nhandles = ['other']\n";
    check(
        &format!("{BRAND}{other}{MAIL}"),
        &[
            "F:7: source[0]: no brand; wanted is the brand whose account it is: with several brands nobody may answer from the wrong one",
        ],
    );
}
