//! Migrations: the same in both folders, and what has landed never changes again.

use super::scan::root;
use sha2::{Digest, Sha256};

/// Landed migrations with the first half of the SHA-256 of each file, SQLite then PostgreSQL.
/// Rows are only ever added: the version before must run on the schema after.
const LANDED: &[(&str, &str, &str)] = &[
    ("0001_foundations.sql", "6ca86eeda607bd42843845471a83bd70", "42843ab2ec2f379a84428b1c49f5a4ba"),
    ("0002_answering.sql", "de4a0333f66d196e2b5ddac27574ded3", "2f49ee212e25dd71c6ee7b0d1eb79d17"),
    ("0003_no_answer.sql", "d83654b0c800f76b3db26ba39695fe54", "d83654b0c800f76b3db26ba39695fe54"),
    ("0004_calendars.sql", "b8fe96b145099bde14b51d3eb9200ef9", "b45213142b34fe03dce9e6a625a49aa8"),
    ("0005_safety_net.sql", "8adc9b9e03764bbd31fdf794b2b25f4f", "232566f91627ae50c8b06fa07878588a"),
    ("0006_tickets.sql", "58830a1e511a3b9c22345f82f7a4a859", "183c2cd0037cac4a9dcb79dacd4948c3"),
    ("0007_private.sql", "0b09674301b43a549eee49327005478c", "7ec30d57bd647f6f1d5aadc5881a23a1"),
    ("0008_counting.sql", "d093b96800f444991a127fab0fd4848f", "d093b96800f444991a127fab0fd4848f"),
    ("0009_ending.sql", "43bad9a4352bf47c5f546defd859bdb3", "21a7dfab651ccd2cc970a2f91dbcbad8"),
    ("0011_members_first.sql", "ae5dea95400ad77537b2b76eed4a16c8", "52fc5c5e04b66f373a219da53a3fc854"),
    ("0013_watching.sql", "565d59cbece960d998e4847dc98a37eb", "9e0c1a8c3af6824057b4fe1542b6b1d9"),
    ("0014_attachments.sql", "90afdf7ad179305f0a0a03442ddfd67a", "f03e3cfbac7c57cc91c6621445a0c6b3"),
    ("0016_promises.sql", "82704945ac463d483b502c509ce3e020", "098bf7f2b1c38061c2ad561b232fc47f"),
    ("0017_back_door.sql", "86e4d6a34c7490c2f7c61ea08b35d5fd", "2e4b657f7fe241fe30096cbb3336a087"),
    ("0018_api.sql", "5a28d8c3f461f086e9425472403e0926", "fed9de6d73ac40c3d9df10254e3cade6"),
    ("0019_alerts.sql", "818cb14abf59287e914f7842e295d418", "56468e0ba15b325657c496b90eb5bee6"),
    ("0020_duty.sql", "dbcdcdc5892a63cc954fda8acbd6062e", "1a0945c2ad32970c54acc842a41d0616"),
    ("0021_incidents.sql", "8bd61c2d3d67889683e05f350e20c93d", "ca34ff593769067bf61c16d3e9f19bed"),
    ("0022_published.sql", "d8902156cfa99b2da908f8f59bb855cf", "276a1c7f137a0efd716afb7039166568"),
    ("0023_privacy.sql", "ebb2c563ef8d33aaaeda64b6777c31ad", "7b6785b4183feb439ce5bc4aeabeae29"),
    ("0024_doors.sql", "c8a4325e90a0559cc1abbacaf4ea7558", "8865a2926421bd268cc6dbb2b104c2e7"),
    ("0025_open_platforms.sql", "fd2e5535dd580b8f251f2dc40b6ae12d", "516c7b0f7a284aa99c5db544306884d5"),
    ("0028_voice.sql", "3b584f4111c276788f154aa7a3313582", "c5d91a28b553c06ff8cf5c6b7c3fea69"),
    ("0027_front_office.sql", "a9a44f970caccda6398bd89672c4dc88", "d412a345ef8906760bf450371c005271"),
    ("0030_front_door.sql", "5384af34cdffdf0cb38f8e42fe2ef2c6", "14f018a0b3cbb276b3eb6ede17fb45d6"),
    ("0034_planner.sql", "4709dd95dc598f4535dd91e2c5857514", "1456e3e3939f455bc8149d2a300f5cd5"),
    ("0029_protocols.sql", "306c8a48dbe00a7bf890d0f8a1b13eb0", "813d77552c865d1bb71632e963c36324"),
    ("0036_pages.sql", "f3dfd55ff27dcc29bab64d8a108d2825", "a08594a67cef20d5c402f286321f3a14"),
    ("0026_bot.sql", "961372d4a878971ca99c08dad66d47be", "c0a341e6d870bb8f5467bf476b78a658"),
    ("0032_ticket_words.sql", "deb538f1069227d224607f5a8e693667", "ca29c4134f74a630463f747a3519349d"),
    ("0031_answer_files.sql", "57a25528748b1c22253d26f70bd06f73", "9ad014765685d0279220d8da30bb16a0"),
    ("0037_purses.sql", "4b6b1d2752d0da58d653a3dd0d4b3ee9", "06900c3b3d48ee5f82db6782c5a1eb2d"),
    ("0042_lanes.sql", "fc2ef31f35ea150ab59943f845ac9950", "fc2ef31f35ea150ab59943f845ac9950"),
    ("0033_shift.sql", "6ac9343d1278412810841896ae4f9439", "2704a94139ef3fbc52fe9f2a6cdf0150"),
    ("0035_desk.sql", "007b2bce7e8ca59ea1d7f0c9551720a4", "15931aff4420681eeb5b347257bcd541"),
    ("0044_whatsapp.sql", "e44a0f1967537096d334712a7334a22b", "dd073078328959d970cae64ed468433d"),
    ("0039_front_office.sql", "b113a203a5b8eca0c11cbbede84efae2", "1893cd118efbdfa2cc3cc76b0e6e98f6"),
    ("0038_collecting.sql", "b824d10386844a4fba22e265afd14ca3", "b04abb5ea5088c63535ec00d72f4043c"),
    ("0041_translation.sql", "366fbc630cd1ff861644bec0c5697675", "1dd593e7d820919098d4b31f4f42becd"),
    ("0045_answer_parts.sql", "2d9597b289d8780ca919780a47b0a864", "3f859123fa653de7011d52f070db1f82"),
    ("0043_windows.sql", "684bef4761fcb41fd4e343ad97743157", "e6c4b8918e9309ece110657010b9d07a"),
    ("0046_customer.sql", "5f39087b63fe48e0f450c7315c80bb34", "c4a48f19cefd724a83f69d952d9ca752"),
    ("0047_reading_back.sql", "91040a7030a2650006372ee73c8b230b", "91040a7030a2650006372ee73c8b230b"),
    ("0050_expected_wait.sql", "ac75c7e32006fc3daaa429de40b3fa94", "75f5b19e241ca93a5092aa5e6aa226e1"),
    ("0054_files.sql", "a0144f08e20a09d167e4acc7cce73534", "8b0cb795f14fe1df417dcf85c695fe2d"),
    ("0048_quotes.sql", "26d694e167495f3f375b4879b12737b4", "15dc5026b8f61ef6a8bed3b1de994115"),
    ("0051_away.sql", "abef50b966176024b3728cea703415cf", "b9ed2c2f2deff16a85c236111034e397"),
    ("0049_silence.sql", "6d8e46ca35e05f8458c1c1e82bb7e691", "6d8e46ca35e05f8458c1c1e82bb7e691"),
    ("0053_own_edits.sql", "0305cb2c2850e2e3727fc11fda32eddb", "d52b7c07417cdee31800ea885c47b20d"),
    ("0057_course.sql", "c0cfc132c0857264f3657564d9d78e69", "c0cfc132c0857264f3657564d9d78e69"),
    ("0058_escalation_level.sql", "e14cc495e4a6103cd757be52d66e6231", "e3a3597fb590ef10cc61d71472637bbc"),
    ("0056_ticket_flags.sql", "468c99c574d302f74c989ef0999b3eb7", "468c99c574d302f74c989ef0999b3eb7"),
    ("0052_chosen.sql", "0b4261cf5acfcca3b409b03d95d80b40", "0b4261cf5acfcca3b409b03d95d80b40"),
    ("0055_protocol_case.sql", "48081adc5890be6171abca4460c1c549", "48081adc5890be6171abca4460c1c549"),
    ("0059_places.sql", "0eedd411526734699d0fc717c118bf88", "0eedd411526734699d0fc717c118bf88"),
    ("0060_draft_begun.sql", "b9f7725bf668e889de8eeced7c193f44", "f9c435e6cbbadf9c3d85c7469051843d"),
];

fn names(engine: &str) -> Vec<String> {
    let folder = root().join("migrations").join(engine);
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn sum(engine: &str, name: &str) -> String {
    let bytes = std::fs::read(root().join("migrations").join(engine).join(name)).unwrap();
    let hex: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    hex[..32].to_owned()
}

#[test]
fn both_engines_have_the_same_migrations() {
    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    let number = |name: &String| name.split_once('_').and_then(|(n, _)| n.parse::<u32>().ok());
    for pair in sqlite.windows(2) {
        assert!(number(&pair[0]) < number(&pair[1]), "{} and {} are numbered in order", pair[0], pair[1]);
    }
    assert!(sqlite.iter().all(|name| number(name).is_some() && name.ends_with(".sql")), "{sqlite:?}");
    assert_eq!(sqlite.len(), LANDED.len(), "a new migration gets its row in this test");
}

#[test]
fn what_landed_never_changes() {
    for (name, sqlite, postgres) in LANDED {
        assert_eq!(
            (sum("sqlite", name).as_str(), sum("postgres", name).as_str()),
            (*sqlite, *postgres),
            "{name}"
        );
    }
}
