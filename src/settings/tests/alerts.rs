//! Alerts: bad sections and the exact mistakes they give.

use super::*;

#[test]
fn a_right_section_is_read_and_shows_no_secret() {
    let text = format!(
        "{BRAND}[alerts]\ntelegram_fallback = 'mail'\n[alerts.heartbeat]\nurl = 'https://watch.example/MDEy'\n\
         [[alerts.channel]]\nname = 'mail'\nrole = 'leads'\n\
         email = {{ from = 'a@b.example', to = ['c@d.example'], smtp = {{ host = 'smtp.example' }} }}\n\
         [[alerts.channel]]\nname = 'room'\nlanguage = 'nl'\nfallback = 'mail'\nquiet = '22:00-07:00'\n\
         slack = {{ url = 'https://hooks.slack.example/MDEy' }}\n\
         [[alerts.chain]]\nbrands = ['Acme']\n[[alerts.chain.step]]\nafter_minutes = 5\nto = ['team', 'mail']\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    assert_eq!((settings.alerts.teams().len(), settings.alerts.chains().len()), (2, 1));
    assert!(!format!("{settings:?}").contains("MDEy"), "the secret is never shown");
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[[alerts.channel]]\nname = 'team'\nquiet = 'night'\nfallback = 'x'\nslack = {}\n",
        &[
            "F:5: alerts.channel[0].name: 'team'; allowed: any but 'team', 'leads' and 'duty', which steps use",
            "F:6: alerts.channel[0].quiet: 'night'; wanted are two times of day, such as 22:00-07:00",
            "F:7: alerts.channel[0].fallback: no channel 'x'; allowed: team",
            "F:8: alerts.channel[0].slack: neither url nor token; wanted is url or url_file, or token or token_file",
        ],
    );
    check_after_brand(
        "[[alerts.chain]]\nlevels = ['P9']\n[[alerts.chain.step]]\nafter_minutes = 5\nto = ['team']\n\
         [[alerts.chain.step]]\nafter_minutes = 5\nto = ['nobody']\n",
        &[
            "F:5: alerts.chain[0].levels[0]: 'P9'; allowed: P1, P2, P3, P4, P5",
            "F:10: alerts.chain[0].step[1].after_minutes: 5 after 5; allowed: each step later than the one before",
            "F:11: alerts.chain[0].step[1].to[0]: no channel 'nobody'; allowed: an [[alerts.channel]]",
        ],
    );
    check_after_brand(
        "[[alerts.channel]]\nname = 'one'\nbrands = ['Acme']\nteams = { url = 'https://x.example' }\n\
         [[alerts.channel]]\nname = 'all'\nfallback = 'One'\nteams = { url = 'https://y.example' }\n",
        &[
            "F:10: alerts.channel[1].fallback: 'One' hears of Acme only; allowed: a channel that hears of all that this one hears of",
        ],
    );
    check_after_brand(
        "[[alerts.channel]]\nname = 'a'\nlanguage = 'de'\nteams = { url = 'https://x.example' }\n",
        &["F:6: alerts.channel[0].language: 'de'; allowed: en, nl"],
    );
    let ring = "[[alerts.channel]]\nname = 'a'\nfallback = 'a'\nteams = { url = 'https://x.example' }\n";
    check_after_brand(ring, &["F:6: alerts.channel[0].fallback: 'a' leads back here; allowed: no ring"]);
}
