//! Ticket systems: bad sections and the exact mistakes they give.

use super::*;
use crate::tickets::config::TicketsConfig;
use secrecy::ExposeSecret;

const RT: &str = "[[tickets]]\nname = 'office'\n[tickets.rt]\nurl = 'https://rt.example/tickets'\n\
    token = '1-27-2f0dbb48'\nqueue = 'Webcare'\n[tickets.rt.fields]\nkey = 'CaseKey'\n";

#[test]
fn a_right_section_is_read() {
    let settings = load_with(&format!("{BRAND}{RT}"), &NONE, &Flags::default()).unwrap();
    let system = &settings.tickets[0];
    let rt = system.rt.as_ref().unwrap();
    assert_eq!((rt.every_seconds, rt.fields.key.as_str()), (60, "CaseKey"));
    assert!(!format!("{settings:?}").contains("2f0dbb48"), "the token is never shown");
    let hook = format!(
        "{BRAND}[[tickets]]\nname = 'house'\nbrand = 'Acme'\nnotes = 'customer'\n\
         webhook = {{ url = 'https://a.example/x', secret = '{SIGNING}' }}\n"
    );
    let settings = load_with(&hook, &NONE, &Flags::default()).unwrap();
    assert!(settings.tickets[0].webhook.is_some());
    assert!(!format!("{settings:?}").contains("MDEyMzQ1"), "nor is the secret");
}

#[test]
fn a_token_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "1-27-abc\n").unwrap();
    let text = RT.replace("token = '1-27-2f0dbb48'", &format!("token_file = '{}'", file.display()));
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let token = settings.tickets[0].rt.as_ref().unwrap().token.clone().unwrap();
    assert_eq!(token.expose_secret(), "1-27-abc");
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[[tickets]]\nname = 'a b'\n",
        &[
            "F:4: tickets[0]: no kind; wanted is exactly one of rt, zendesk, zammad, freshdesk, jira, salesforce, otrs, dynamics, webhook",
            "F:5: tickets[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
        ],
    );
    check_after_brand(
        "[[tickets]]\nname = 'x'\nbrand = 'Acm'\nnotes = 'loud'\nrt = {}\n",
        &[
            "F:6: tickets[0].brand: no brand 'Acm'; allowed: Acme (did you mean 'Acme'?)",
            "F:7: tickets[0].notes: 'loud'; allowed: inside, customer",
            "F:8: tickets[0].rt.url: not a web address; allowed: https://HOST, or http://HOST on this machine",
            "F:8: tickets[0].rt: no token; wanted is token or token_file",
            "F:8: tickets[0].rt.queue: empty; wanted is the queue in which tickets are made",
            "F:8: tickets[0].rt.fields.key: empty; wanted is a custom field of the queue for our key: without it nobody can tell whether a ticket was made",
        ],
    );
    check_after_brand(
        "[[tickets]]\nname = 'x'\n[tickets.rt]\nurl = 'http://rt.example'\ntoken = 'secret'\nqueue = 'q'\n\
         every_seconds = 1\nfields = { key = \"a'b\", phones = ['{x}'] }\n",
        &[
            "F:7: tickets[0].rt.url: 'http://rt.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:8: tickets[0].rt.token: not a token; wanted is DIGITS-DIGITS-TEXT as Request Tracker gives it",
            "F:10: tickets[0].rt.every_seconds: the number 1; allowed: 5 to 86400",
            "F:11: tickets[0].rt.fields.key: 'a'b'; wanted is the name of a custom field, without '{', '}' and quotation marks",
            "F:11: tickets[0].rt.fields.phones[0]: '{x}'; wanted is the name of a custom field, without '{', '}' and quotation marks",
        ],
    );
    let statuses = format!(
        "{RT}[tickets.status]\nresolved = ' '\n[tickets.means]\nopen = ['New']\nsolved = ['done', 'new']\n\
         [[tickets]]\nname = 'y'\nstatus = {{ theirs = true }}\n\
         webhook = {{ url = 'https://a.example', secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3' }}\n"
    );
    check_after_brand(
        &statuses,
        &[
            "F:13: tickets[0].status.resolved: ' '; wanted is a status as the system names it, of at most 100 characters",
            "F:16: tickets[0].means.solved[1]: 'new' stands in means.open too; allowed: each status once",
            "F:19: tickets[1].status.theirs: true; allowed: with at least one of resolved, reopened, dismissed, waiting",
        ],
    );
    let twice = format!(
        "[[source]]\nname = 'x'\njetstream = {{}}\n[[tickets]]\nname = 'X'\nwebhook = {{ url = 'https://a.example', secret = 'whsec_eA==' }}\n\
         [[tickets]]\nname = 'x'\nwebhook = {{ url = 'https://a.example' }}\n{RT}"
    );
    check_after_brand(
        &twice,
        &[
            "F:8: tickets[0].name: 'X'; allowed: a name that no source has, for both are listed and called by it",
            "F:9: tickets[0].webhook.secret: not a signing secret; wanted is 'whsec_' and base64 of 24 to 64 bytes",
            "F:11: tickets[1].name: 'x'; allowed: a name that no source has, for both are listed and called by it",
            "F:11: tickets[1].name: 'x' is the name of tickets[0] too; allowed: each name once",
            "F:12: tickets[1].webhook: no secret; wanted is secret or secret_file",
        ],
    );
}

const DESKS: &str = "
[[tickets]]
name = 'a'
[tickets.zendesk]
url = 'https://acme.zendesk.example'
user = 'us@acme.example'
token = 'very-secret-a'
group = '360001'
fields = { case = '360002', references = ['360003'] }
hook = { secret = 'very-secret-hook-1', previous_secret = 'very-secret-hook-2' }
[[tickets]]
name = 'b'
[tickets.zammad]
url = 'https://zammad.example'
token = 'very-secret-b'
group = 'Webcare'
customer = 'webcare@acme.example'
fields = { key = 'case_key' }
[[tickets]]
name = 'c'
[tickets.freshdesk]
url = 'https://acme.freshdesk.example'
token = 'very-secret-c'
requester = 'webcare@acme.example'
fields = { case = 'cf_case' }
[[tickets]]
name = 'd'
[tickets.jira]
url = 'https://acme.atlassian.example'
user = 'us@acme.example'
token = 'very-secret-d'
project = 'SUP'
fields = { references = ['customfield_10050'] }
[[tickets]]
name = 'e'
[tickets.salesforce]
url = 'https://acme.my.salesforce.example'
client_id = '3MVG9'
client_secret = 'very-secret-e'
fields = { key = 'Webcare_Key__c' }
[[tickets]]
name = 'f'
[tickets.otrs]
url = 'https://desk.example/znuny/nph-genericinterface.pl/Webservice/webcared'
user = 'webcared'
password = 'very-secret-f'
queue = 'Webcare'
customer = 'webcare'
fields = { key = 'CaseKey' }
[[tickets]]
name = 'g'
[tickets.dynamics]
url = 'https://acme.crm4.dynamics.example'
tenant = 'acme.example'
client_id = '00000000-0000-0000-0000-00000000000a'
client_secret = 'very-secret-g'
customer = 'accounts(00000000-0000-0000-0000-000000000001)'
fields = { key = 'new_webcarekey' }
";

#[test]
fn every_kind_is_read_and_shows_no_secret() {
    let settings = load_with(&format!("{BRAND}{DESKS}"), &NONE, &Flags::default()).unwrap();
    let kinds: Vec<_> = settings.tickets.iter().flat_map(TicketsConfig::kinds).collect();
    assert_eq!(kinds, ["zendesk", "zammad", "freshdesk", "jira", "salesforce", "otrs", "dynamics"]);
    assert!(!format!("{settings:?}").contains("very-secret"));
    let reach: Vec<String> = settings.tickets.iter().map(TicketsConfig::reach).collect();
    assert_eq!(reach[0], "https://acme.zendesk.example, group 360001");
    assert_eq!(reach[2], "https://acme.freshdesk.example");
    assert_eq!(reach[3], "https://acme.atlassian.example, project SUP");
    assert!(reach.iter().all(|r| !r.contains("secret")));
}

#[test]
fn what_each_kind_cannot_do_without_is_named() {
    let none = "[[tickets]]\nname = 'x'\nzendesk = {}\n[[tickets]]\nname = 'y'\nzammad = {}\n\
        [[tickets]]\nname = 'z'\nfreshdesk = {}\n[[tickets]]\nname = 'j'\njira = {}\n";
    let url = "not a web address; allowed: https://HOST, or http://HOST on this machine";
    check_after_brand(
        none,
        &[
            &format!("F:6: tickets[0].zendesk.url: {url}"),
            "F:6: tickets[0].zendesk.user: empty; wanted is the mail address of an agent",
            "F:6: tickets[0].zendesk: no token; wanted is token or token_file",
            &format!("F:9: tickets[1].zammad.url: {url}"),
            "F:9: tickets[1].zammad: no token; wanted is token or token_file",
            "F:9: tickets[1].zammad.group: empty; wanted is the group in which tickets are made",
            "F:9: tickets[1].zammad.customer: empty; wanted is the customer for whom tickets are made",
            "F:9: tickets[1].zammad.fields.key: empty; wanted is a field of tickets for our key: without it nobody can tell whether a ticket was made",
            &format!("F:12: tickets[2].freshdesk.url: {url}"),
            "F:12: tickets[2].freshdesk: no token; wanted is token or token_file",
            "F:12: tickets[2].freshdesk.requester: empty; wanted is the mail address for which tickets are made",
            &format!("F:15: tickets[3].jira.url: {url}"),
            "F:15: tickets[3].jira.user: empty; wanted is the mail address of an agent",
            "F:15: tickets[3].jira: no token; wanted is token or token_file",
            "F:15: tickets[3].jira.project: empty; wanted is the key of the project in which requests are made",
        ],
    );
    let none = "[[tickets]]\nname = 'x'\nsalesforce = {}\n[[tickets]]\nname = 'y'\notrs = {}\n\
        [[tickets]]\nname = 'z'\nnotes = 'customer'\ndynamics = {}\n";
    check_after_brand(
        none,
        &[
            &format!("F:6: tickets[0].salesforce.url: {url}"),
            "F:6: tickets[0].salesforce.client_id: empty; wanted is the consumer key of the connected app",
            "F:6: tickets[0].salesforce: no client_secret; wanted is client_secret or client_secret_file",
            "F:6: tickets[0].salesforce.fields.key: empty; wanted is a field of tickets for our key: without it nobody can tell whether a ticket was made",
            &format!("F:9: tickets[1].otrs.url: {url}"),
            "F:9: tickets[1].otrs.user: empty; wanted is the login of an agent",
            "F:9: tickets[1].otrs: no password; wanted is password or password_file",
            "F:9: tickets[1].otrs.queue: empty; wanted is the queue in which tickets are made",
            "F:9: tickets[1].otrs.customer: empty; wanted is the customer user for whom tickets are made",
            "F:9: tickets[1].otrs.fields.key: empty; wanted is a field of tickets for our key: without it nobody can tell whether a ticket was made",
            "F:12: tickets[2].notes: 'customer'; allowed: inside, for notes of Dynamics 365 are for colleagues",
            &format!("F:13: tickets[2].dynamics.url: {url}"),
            "F:13: tickets[2].dynamics.tenant: empty; wanted is the id or the domain of the directory",
            "F:13: tickets[2].dynamics.client_id: empty; wanted is the id of the app",
            "F:13: tickets[2].dynamics: no client_secret; wanted is client_secret or client_secret_file",
            "F:13: tickets[2].dynamics.customer: empty; wanted is accounts(ID) or contacts(ID)",
            "F:13: tickets[2].dynamics.fields.key: empty; wanted is a field of tickets for our key: without it nobody can tell whether a ticket was made",
        ],
    );
}

#[test]
fn names_of_fields_and_secrets_of_hooks_are_looked_at() {
    let odd = DESKS
        .replace("case = '360002'", "case = 'Case', key = '1'")
        .replace("'very-secret-hook-1'", "'short'")
        .replace("key = 'case_key'", "key = 'a b'")
        .replace("'cf_case'", "'case'")
        .replace("'customfield_10050'", "'Order number'")
        .replace("'Webcare_Key__c'", "\"x' OR y\"")
        .replace("group = '360001'", "group = 'Webcare'")
        .replace("accounts(00000000-0000-0000-0000-000000000001)", "accounts(1)")
        .replace("tenant = 'acme.example'", "tenant = 'a/b'\nevery_seconds = 1");
    let word = "wanted is the name of a field: letters, digits and '_'";
    check_after_brand(
        odd.trim_start(),
        &[
            "F:10: tickets[0].zendesk.group: 'Webcare'; wanted is the number of a group",
            "F:11: tickets[0].zendesk.fields.key: '1'; wanted is nothing: our key has a place of its own in this system",
            "F:11: tickets[0].zendesk.fields.case: 'Case'; wanted is the number of a ticket field",
            "F:12: tickets[0].zendesk.hook.secret: too short; wanted are 16 characters or more",
            &format!("F:20: tickets[1].zammad.fields.key: 'a b'; {word}"),
            "F:27: tickets[2].freshdesk.fields.case: 'case'; wanted is cf_ and the name of a field",
            "F:35: tickets[3].jira.fields.references[0]: 'Order number'; wanted is customfield_ and the number of a field",
            &format!("F:42: tickets[4].salesforce.fields.key: 'x' OR y'; {word}"),
            "F:56: tickets[6].dynamics.tenant: 'a/b'; wanted is the id or the domain of the directory",
            "F:57: tickets[6].dynamics.every_seconds: the number 1; allowed: 5 to 86400",
            "F:60: tickets[6].dynamics.customer: 'accounts(1)'; wanted is accounts(ID) or contacts(ID)",
        ],
    );
}

#[test]
fn a_field_for_what_was_promised_is_named_only_where_one_is_needed() {
    let named = DESKS
        .replace("case = '360002'", "case = '360002', due = 'when'")
        .replace("key = 'case_key'", "key = 'case_key', due = 'due_on'");
    let none = "wanted is nothing: this system tells by itself by when something was promised";
    check_after_brand(
        named.trim_start(),
        &[
            "F:11: tickets[0].zendesk.fields.due: 'when'; wanted is the number of a ticket field",
            &format!("F:20: tickets[1].zammad.fields.due: 'due_on'; {none}"),
        ],
    );
}
