//! Request Tracker as Debian packages it, with a database, a queue, two users and a mail catcher of its
//! own; nothing outside its folder is touched. Users of this rig are *the front office*.
//!
//! [`Server::start`] makes and starts it; [`Server::stop`] and [`Server::again`] let it be away for a
//! while, with everything it holds. `token` is the one that the product is given. The rest is done as
//! `ann`, who works there: [`Server::made`], [`Server::comment`], [`Server::set`], [`Server::merge`], and
//! [`Server::ticket`], [`Server::found`], [`Server::entries`], [`Server::mails`] to look.

use super::{Process, asked};
use crate::daemon::free_port;
use crate::sender::client;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SERVER: &str = "/usr/share/request-tracker5/libexec/rt-server";
const PASSWORD: &str = "rootpass1";

const DATA: &str = r"our @Queues = ({ Name => 'Webcare', Description => 'Webcare' }, { Name => 'Office', Description => 'Office' });
our @Users = ({ Name => 'webcared', Privileged => 1, EmailAddress => 'webcared@office.test' },
    { Name => 'ann', Privileged => 1, EmailAddress => 'ann@office.test' });
our @CustomFields = map { { Name => $_, Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket',
    Queue => ['Webcare', 'Office'], MaxValues => 1 } } qw(CaseKey OrderNumber);
our @Final = (sub { for my $name (qw(webcared ann)) { my $user = RT::User->new(RT->SystemUser); $user->Load($name);
    for my $queue (qw(Webcare Office)) { my $q = RT::Queue->new(RT->SystemUser); $q->Load($queue);
        $user->PrincipalObj->GrantRight(Right => $_, Object => $q) for qw(SeeQueue ShowTicket ShowTicketComments
            CreateTicket CommentOnTicket ReplyToTicket ModifyTicket OwnTicket SeeCustomField ModifyCustomField
            DeleteTicket); } } });
1;
";

const TOKEN: &str = "use lib '/usr/share/request-tracker5/lib'; use RT; RT::LoadConfig(); RT::Init();
my $user = RT::User->new(RT->SystemUser); $user->Load($ARGV[0]); my $token = RT::AuthToken->new(RT->SystemUser);
my ($ok, $said, $text) = $token->Create(Owner => $user->id, Description => 'test'); print $text;";

/// Request Tracker as it runs; it ends when this is dropped.
pub struct Server {
    /// Its address, without a slash at its end.
    pub url: String,
    /// The token that the product is given.
    pub token: String,
    ann: String,
    port: u16,
    folder: TempDir,
    process: Option<Process>,
}

/// Whether it is installed. Under CI it must be.
fn is_installed() -> bool {
    let found = Path::new(SERVER).exists();
    assert!(found || std::env::var_os("CI").is_none(), "{SERVER} is missing; tests/run installs it");
    if !found {
        eprintln!("Request Tracker is not installed; what needs it is left out");
    }
    found
}

fn here(command: &mut Command, folder: &Path) {
    command.env("RT_SITE_CONFIG", folder.join("RT_SiteConfig.pm"));
    command.env("RT_SITE_CONFIG_DIR", folder.join("conf.d"));
}

fn done(folder: &Path, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    here(&mut command, folder);
    let ran = command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program} {args:?}: {said}");
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Makes the folder, the database and what stands in it; gives both tokens.
fn make(folder: &Path, port: u16) -> (String, String) {
    use std::os::unix::fs::PermissionsExt;
    for part in ["conf.d", "var", "mail"] {
        std::fs::create_dir(folder.join(part)).unwrap();
    }
    let at = folder.display();
    let catch = write(folder, "catch", &format!("#!/bin/sh\nexec cat >\"$(mktemp {at}/mail/XXXXXX)\"\n"));
    std::fs::set_permissions(&catch, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!(
        "Set($rtname, 'office.test'); Set($Organization, 'office.test'); Set($WebDomain, '127.0.0.1');
Set($WebPort, {port}); Set($WebPath, ''); Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{at}/var/rtdb'); Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{at}/catch'); Set($SendmailArguments, '-oi'); Set($LogToSTDERR, 'warning');
Set($LogToSyslog, undef); Set($Timezone, 'America/New_York'); Set($WebSessionClass, 'Apache::Session::File'); 1;"
    );
    write(folder, "RT_SiteConfig.pm", &config);
    let password = write(folder, "password", PASSWORD).display().to_string();
    let data = write(folder, "data.pl", DATA).display().to_string();
    let token = write(folder, "token.pl", TOKEN).display().to_string();
    let setup = ["/usr/sbin/rt-setup-database-5", "--dba", "none", "--dba-password", "", "--action"];
    let init = ["init", "--root-password-file", &password, "--skip-create"];
    done(folder, setup[0], &[&setup[1..], &init[..]].concat());
    done(folder, setup[0], &[&setup[1..], &["insert", "--datafile", &data][..]].concat());
    let of = |user: &str| done(folder, "perl", &[&token, user]);
    (of("webcared"), of("ann"))
}

impl Server {
    pub async fn start() -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let at = folder.path().to_owned();
        let made = tokio::task::spawn_blocking(move || make(&at, port)).await.unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { url, token: made.0, ann: made.1, port, folder, process: None };
        server.again().await;
        Some(server)
    }

    /// Starts it, with everything that it held.
    pub async fn again(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.path().to_owned());
        let mut process = Process::start(Path::new(SERVER), |command, _| {
            here(command, &folder);
            let flags = ["--server", "Starman", "--host", "127.0.0.1", "--port", &port, "--workers", "2"];
            command.args(flags);
        });
        let (looked, token) = (format!("{}/REST/2.0/rt", self.url), self.ann.clone());
        let there = |_| async {
            let ask = client().get(&looked).header("authorization", format!("token {token}"));
            ask.send().await.ok().filter(|a| a.status() == 200)
        };
        process.ready(there).await;
        self.process = Some(process);
    }

    /// It is away until [`Server::again`].
    pub fn stop(&mut self) {
        self.process = None;
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let ask = client().request(method, format!("{}/REST/2.0/{path}", self.url));
        let ask = ask.header("authorization", format!("token {}", self.ann));
        asked(match body {
            Some(body) => ask.json(&body),
            None => ask,
        })
        .await
    }

    async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, Some(body)).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Somebody rang or wrote a letter; ann makes a ticket of it.
    pub async fn made(&self, subject: &str, requestor: &str) -> String {
        let body =
            json!({ "Queue": "Office", "Subject": subject, "Requestor": requestor, "Content": "They rang." });
        self.must("POST", "ticket", body).await["id"].as_str().unwrap().to_owned()
    }

    pub async fn comment(&self, ticket: &str, text: &str) {
        let body = json!({ "Content": text, "ContentType": "text/plain" });
        self.must("POST", &format!("ticket/{ticket}/comment"), body).await;
    }

    pub async fn set(&self, ticket: &str, what: Value) {
        self.must("PUT", &format!("ticket/{ticket}"), what).await;
    }

    pub async fn merge(&self, ticket: &str, into: &str) {
        self.set(ticket, json!({ "MergeInto": into })).await;
    }

    pub async fn ticket(&self, ticket: &str) -> Value {
        self.ask("GET", &format!("ticket/{ticket}"), None).await.1
    }

    /// The numbers of the tickets that a search finds.
    pub async fn found(&self, query: &str) -> Vec<String> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
        let answer = self.ask("GET", &format!("tickets?{query}"), None).await.1;
        answer["items"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect()
    }

    /// What stands on a ticket, in its order: who wrote it, whether the customer was meant, the words.
    pub async fn entries(&self, ticket: &str) -> Vec<(String, bool, String)> {
        let path = format!("ticket/{ticket}/history?fields=Type,Creator&per_page=100");
        let listed = self.ask("GET", &path, None).await.1;
        let mut entries = Vec::new();
        for item in listed["items"].as_array().unwrap() {
            let public = item["Type"] == "Correspond";
            if !public && item["Type"] != "Comment" {
                continue;
            }
            let path = format!("transaction/{}/attachments?fields=Content", item["id"].as_str().unwrap());
            let parts = self.ask("GET", &path, None).await.1;
            let text = parts["items"][0]["Content"].as_str().unwrap_or_default().to_owned();
            entries.push((item["Creator"]["id"].as_str().unwrap().to_owned(), public, text));
        }
        entries
    }

    /// Every mail that it sent.
    pub fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("mail")).unwrap();
        files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap_or_default()).collect()
    }
}
