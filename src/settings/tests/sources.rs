//! Mistakes in feeds, JSON APIs and forums.

use super::check;

#[test]
fn feeds() {
    check(
        "[[source]]\nname = 'f'\n[source.feed]\nurls = ['https://a.example/f?q=1', 'nope', 'ftp://a', 'http://u:p@a', 'https://a.example/f?q=1']\n\
         platform = 'mastodon'\nkind = 'mail'\nevery_seconds = 5\nfirst_days = -1\nbytes_max = 1\n",
        &[
            "F:4: source[0].feed.urls[1]: not a web address; allowed: https://HOST/… or http://HOST/…",
            "F:4: source[0].feed.urls[2]: 'ftp://a'; allowed: https://HOST/… or http://HOST/…",
            "F:4: source[0].feed.urls[3]: an address with a user name or password; allowed: https://HOST/… or http://HOST/…",
            "F:4: source[0].feed.urls[4]: the same as urls[0]; allowed: each feed once",
            "F:5: source[0].feed.platform: 'mastodon'; allowed: a word of its own; this one means posts that an account answers",
            "F:6: source[0].feed.kind: 'mail'; allowed: post, comment, review",
            "F:7: source[0].feed.every_seconds: the number 5; allowed: 30 to 86400",
            "F:8: source[0].feed.first_days: the number -1; allowed: 0 to 3660",
            "F:9: source[0].feed.bytes_max: the number 1; allowed: 1024 to 67108864",
        ],
    );
    check(
        "[[source]]\nname = 'f'\n[source.feed]\n",
        &["F:3: source[0].feed.urls: empty; wanted is at least one feed"],
    );
}

#[test]
fn json_apis_name_every_bad_pointer() {
    check(
        "[[source]]\nname = 'h'\n[source.http]\nurl = 'http://10.0.0.5/api'\nbody = '{'\nlist = 'data'\ncalls_per_minute = 0\n\
         headers = [{ name = 'Host', value = 'x' }, { name = 'X-Key' }]\n\
         [source.http.fields]\nid = 'id'\ntext = '/a~2'\ncreated_at = '/at'\nauthor_handle = '$.user'\n\
         [source.http.paging]\ncursor = 'next'\npage = ''\n",
        &[
            "F:4: source[0].http.url: 'http://10.0.0.5' is not encrypted; allowed: https://HOST/…, or http://HOST on this machine",
            "F:5: source[0].http.body: no JSON; wanted is what is to be sent, as JSON",
            "F:6: source[0].http.list: 'data'; wanted is a JSON Pointer such as /user/name",
            "F:7: source[0].http.calls_per_minute: the number 0; allowed: 1 to 6000",
            "F:8: source[0].http.headers[0].name: 'Host'; allowed: the name of a header that does not belong to the connection",
            "F:8: source[0].http.headers[1]: no value; wanted is value or value_file",
            "F:10: source[0].http.fields.id: 'id'; wanted is a JSON Pointer such as /user/name",
            "F:11: source[0].http.fields.text: '/a~2'; wanted is a JSON Pointer such as /user/name",
            "F:13: source[0].http.fields.author_handle: '$.user'; wanted is a JSON Pointer such as /user/name",
            "F:14: source[0].http.paging: 2 ways; wanted is exactly one of cursor, next, page",
            "F:15: source[0].http.paging.cursor: 'next'; wanted is a JSON Pointer such as /user/name",
            "F:16: source[0].http.paging.page: ''; wanted is the name of a query parameter",
        ],
    );
    check(
        "[[source]]\nname = 'h'\n[source.http]\nurl = 'http://10.0.0.5/api'\nallow_private = true\nmethod = 'post'\n",
        &[
            "F:3: source[0].http.fields.id: no pointer; wanted is a JSON Pointer such as /user/name, in id",
            "F:3: source[0].http.fields.author_id: no pointer; wanted is a JSON Pointer such as /user/name, in author_id, author_handle, author_name",
            "F:3: source[0].http.fields.text: no pointer; wanted is a JSON Pointer such as /user/name, in text",
            "F:3: source[0].http.fields.created_at: no pointer; wanted is a JSON Pointer such as /user/name, in created_at",
            "F:6: source[0].http.method: 'post'; allowed: GET, POST (did you mean 'POST'?)",
        ],
    );
}

#[test]
fn numbers_on_whatsapp() {
    check(
        "[[source]]\nname = 'wa'\n[source.whatsapp]\naccount = 'acme'\ntoken = 'short'\nverify_token = 'a-word-of-ours'\nversion = '26'\n\
         [source.whatsapp.prices]\nutility = -1.0\n\
         [[source.whatsapp.number]]\nid = 'x'\nphone = '020 123'\n\
         [[source.whatsapp.template]]\nname = 'Hello'\nlanguage = 'nl'\ntext = 'Hoi {{1}'\n",
        &[
            "F:3: source[0].whatsapp: no app_secret; wanted is app_secret or app_secret_file",
            "F:4: source[0].whatsapp.account: 'acme'; wanted is the id of the WhatsApp Business account, of digits only",
            "F:5: source[0].whatsapp.token: too short, or no secret; wanted are 16 or more plain characters",
            "F:7: source[0].whatsapp.version: '26'; wanted is a version such as v26.0",
            "F:9: source[0].whatsapp.prices.utility: the number -1; allowed: 0 to 100 dollars for one",
            "F:11: source[0].whatsapp.number[0].id: 'x'; wanted is the platform's id of the number, of digits only",
            "F:12: source[0].whatsapp.number[0].phone: '020 123'; wanted is a number such as '+31 20 123 4567'",
            "F:14: source[0].whatsapp.template[0].name: 'Hello'; wanted is its name at the platform: small letters, digits, '_'",
            "F:16: source[0].whatsapp.template[0].text: '{{' without '}}'; wanted are the approved words, with {{1}} or {{name}} where something is filled in",
        ],
    );
}

#[test]
fn channels() {
    check(
        "[[source]]\nname = 'y'\n[source.youtube]\nchannel = '@acme'\nclient_id = 'c'\nunits_per_day = 1\n\
         kept_for_answers_percent = 100\napi_url = 'http://api.example'\n",
        &[
            "F:3: source[0].youtube: nothing that lets us in; wanted is api_key to read, or client_id, client_secret and refresh_token to answer as well",
            "F:3: source[0].youtube: a client without refresh_token; wanted is refresh_token or refresh_token_file",
            "F:4: source[0].youtube.channel: '@acme'; wanted is the id of a channel: UC and 22 letters, digits, '-' or '_'",
            "F:6: source[0].youtube.units_per_day: the number 1; allowed: 100 to 100000000",
            "F:7: source[0].youtube.kept_for_answers_percent: the number 100; allowed: 0 to 95",
            "F:8: source[0].youtube.api_url: 'http://api.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    check(
        "[[source]]\nname = 'y'\n[source.youtube]\nchannel = 'UC0123456789012345678901'\nrefresh_token = 'abcdef'\n",
        &[
            "F:3: source[0].youtube: refresh_token without client_id; wanted is the client that it was made for",
            "F:3: source[0].youtube: refresh_token without client_secret; wanted is client_secret or client_secret_file",
        ],
    );
}

#[test]
fn accounts_on_reddit() {
    check(
        "[[source]]\nname = 'r'\n[source.reddit]\naccount = 'u/acme'\npassword = 'abcdef'\nuser_agent = 'Mozilla/5.0'\n\
         subreddits = ['travel', 'r/acme', 'Travel']\nevery_seconds = 1\ncalls_per_minute = 1\napi_url = 'http://api.example'\n",
        &[
            "F:3: source[0].reddit: no client_id; wanted is the id of the app that Reddit approved",
            "F:3: source[0].reddit: password without client_secret; wanted is client_secret or client_secret_file: only a script app logs in by password",
            "F:4: source[0].reddit.account: 'u/acme'; wanted is the account's name without u/: 3 to 20 letters, digits, '-' or '_'",
            "F:6: source[0].reddit.user_agent: 'Mozilla/5.0'; wanted is PLATFORM:APP:VERSION (by /u/NAME), such as linux:com.example.webcare:v1.0 (by /u/example)",
            "F:7: source[0].reddit.subreddits[1]: 'r/acme'; wanted is the name of a subreddit without r/ (did you mean 'acme'?)",
            "F:7: source[0].reddit.subreddits[2]: 'travel' stands there already; allowed: each once",
            "F:8: source[0].reddit.every_seconds: the number 1; allowed: 10 to 86400",
            "F:9: source[0].reddit.calls_per_minute: the number 1; allowed: 5 to 1000",
            "F:10: source[0].reddit.api_url: 'http://api.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    let account = "account = 'acme'\nclient_id = 'c'\nrefresh_token = 'abcdef'\n";
    check(
        &format!(
            "[[source]]\nname = 'r'\n[source.reddit]\n{account}password = 'abcdef'\n\
             [[source]]\nname = 's'\n[source.reddit]\n{}",
            account.replace("acme", "Acme")
        ),
        &[
            "F:3: source[0].reddit: password and refresh_token; allowed: one of both",
            "F:11: source[1].reddit.account: 'acme' is the account of source[0] too; allowed: each account once",
        ],
    );
}

#[test]
fn reviews() {
    check(
        "[[source]]\nname = 'g'\n[source.google_business]\nlocations = ['accounts/1', 'accounts/1/locations/2', 'accounts/1/locations/2']\n\
         client_id = 'c'\nclient_secret = 'abcdef'\nevery_seconds = 1\napi_url = 'http://api.example'\n",
        &[
            "F:3: source[0].google_business: no refresh_token; wanted is refresh_token or refresh_token_file",
            "F:4: source[0].google_business.locations[0]: 'accounts/1'; wanted is a place such as accounts/123/locations/456",
            "F:4: source[0].google_business.locations[2]: 'accounts/1/locations/2' stands there already; allowed: each once",
            "F:7: source[0].google_business.every_seconds: the number 1; allowed: 30 to 86400",
            "F:8: source[0].google_business.api_url: 'http://api.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    check(
        "[[source]]\nname = 'p'\n[source.google_play]\npackages = ['acme']\ncalls_per_hour = 1\n",
        &[
            "F:3: source[0].google_play: no service_account; wanted is service_account or service_account_file",
            "F:4: source[0].google_play.packages[0]: 'acme'; wanted is a package such as com.example.app",
            "F:5: source[0].google_play.calls_per_hour: the number 1; allowed: 5 to 100000",
        ],
    );
    check(
        "[[source]]\nname = 'a'\n[source.app_store]\napps = ['com.acme']\nkey_id = 'K'\n",
        &[
            "F:3: source[0].app_store: no issuer_id; wanted is issuer_id",
            "F:3: source[0].app_store: no private_key; wanted is private_key or private_key_file",
            "F:4: source[0].app_store.apps[0]: 'com.acme'; wanted is an app's id such as 1234567890",
        ],
    );
    check(
        "[[source]]\nname = 't'\n[source.trustpilot]\nbusiness_units = []\napi_key = 'k'\napi_secret = 'abcdef'\nusername = 'jan'\n",
        &[
            "F:3: source[0].trustpilot: one of username and password; wanted are both, or neither: then the key alone logs in",
            "F:4: source[0].trustpilot.business_units: 0 of them; wanted are 1 to 500: a business unit's id, 24 hexadecimal digits",
        ],
    );
}

#[test]
fn accounts_on_x() {
    check(
        "[[source]]\nname = 'x'\n[source.x]\naccount = 'acme care'\nuser_id = '@1'\nclient_secret = 'short'\nwebhook_url = 'https://care.example:8443/hooks/x'\n\
         every_seconds = 1\nmonthly_usd = -5.0\nstream = true\nprices = { post_read = -1.0 }\n",
        &[
            "F:3: source[0].x: no client_id; wanted is the app's OAuth 2.0 client id",
            "F:3: source[0].x: no refresh_token; wanted is refresh_token or refresh_token_file",
            "F:4: source[0].x.account: 'acme care'; wanted is the account's name, without '@'",
            "F:5: source[0].x.user_id: '@1'; wanted is the account's number, of digits only",
            "F:6: source[0].x.client_secret: no secret of X; wanted are 12 or more plain characters, as X's console shows them",
            "F:7: source[0].x.webhook_url: an address with a port; X delivers to addresses without a port only",
            "F:7: source[0].x.webhook_url: a webhook without api_secret; wanted is api_secret or api_secret_file as well",
            "F:7: source[0].x.webhook_url: a webhook without app_token; wanted is app_token or app_token_file as well",
            "F:8: source[0].x.every_seconds: the number 1; allowed: 10 to 86400",
            "F:9: source[0].x.monthly_usd: the number -5; allowed: 0 to 10000000 dollars",
            "F:10: source[0].x.stream: true without app_token; wanted is app_token as well, or false",
            "F:11: source[0].x.prices.post_read: the number -1; allowed: 0 to 1000 dollars for one",
        ],
    );
    let one = "[source.x]\naccount = 'Acme'\nclient_id = 'app'\nrefresh_token = 'a-refresh-token'\n";
    check(
        &format!("[[source]]\nname = 'a'\n{one}[[source]]\nname = 'b'\n{}", one.replace("Acme", "@acme")),
        &[
            "F:10: source[1].x.account: 'acme' is the account of source[0] too; allowed: each account once, for its tokens are good once",
        ],
    );
}

#[test]
fn forums() {
    check(
        "[[source]]\nname = 'd'\n[source.discourse]\nserver = 'http://forum.example/x'\naccount = '@care'\nwebhook_secret = 'short'\n\
         categories = [0]\nstaff = ['a b']\nlength_min = 0\nmembers_first_minutes = 99999\n",
        &[
            "F:3: source[0].discourse: no api_key; wanted is api_key or api_key_file",
            "F:4: source[0].discourse.server: 'http://forum.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:5: source[0].discourse.account: '@care'; wanted is the name of the account that answers, without '@'",
            "F:6: source[0].discourse.webhook_secret: not a key of a forum; wanted are 12 or more plain characters, as the forum has it",
            "F:7: source[0].discourse.categories[0]: the number 0; allowed: 1 to 2147483647",
            "F:8: source[0].discourse.staff[0]: 'a b'; wanted is the name of an account, without '@'",
            "F:9: source[0].discourse.length_min: the number 0; allowed: 1 to 1000",
            "F:10: source[0].discourse.members_first_minutes: the number 99999; allowed: 0 to 10080",
        ],
    );
}

#[test]
fn tags_of_an_account_are_bare_names() {
    check(
        "[[source]]\nname = 'm'\n[source.mastodon]\nserver = 'https://m.example'\ntoken = 'x'\ntags = ['#acme', 'acme']\nstream = false\n",
        &[
            "F:6: source[0].mastodon.tags[0]: '#acme'; wanted is the name alone, without '#' and spaces (did you mean 'acme'?)",
        ],
    );
}

#[test]
fn accounts_on_threads() {
    check(
        "[[source]]\nname = 't'\n[source.threads]\naccount = '@ac me'\nuser_id = 'acme'\nversion = '1'\n\
         previous_app_secret = 'abcdef'\nevery_seconds = 1\nsearches_per_day = 0\n",
        &[
            "F:3: source[0].threads: no token; wanted is token or token_file",
            "F:3: source[0].threads: previous_app_secret without app_secret; wanted is the secret that holds now beside it",
            "F:4: source[0].threads.account: '@ac me'; wanted is the account's name, without '@'",
            "F:5: source[0].threads.user_id: 'acme'; wanted is the account's number",
            "F:6: source[0].threads.version: '1'; wanted is a version such as v1.0",
            "F:8: source[0].threads.every_seconds: the number 1; allowed: 10 to 86400",
            "F:9: source[0].threads.searches_per_day: the number 0; allowed: 1 to 1000000",
        ],
    );
    check(
        "[[source]]\nname = 't'\n[source.threads]\naccount = 'acme'\nuser_id = '1'\ntoken = 'abcdef'\napp_secret = 'abcdef'\n\
         [[source]]\nname = 'u'\n[source.threads]\naccount = '@Acme'\nuser_id = '1'\ntoken = 'abcdef'\n",
        &[
            "F:3: source[0].threads: app_secret without verify_token; wanted is the word that was typed into the app's dashboard",
            "F:11: source[1].threads.account: 'acme' is the account of source[0] too; allowed: each account once, for one renews its token",
        ],
    );
}

#[test]
fn pages_of_facebook() {
    check(
        "[[source]]\nname = 'p'\n[source.facebook]\npage = 'acme'\nusername = 'm.me/acme'\nversion = '26'\n\
         previous_app_secret = 'abcdef'\nevery_seconds = 1\n",
        &[
            "F:3: source[0].facebook: no token; wanted is token or token_file",
            "F:3: source[0].facebook: previous_app_secret without app_secret; wanted is the secret that holds now beside it",
            "F:4: source[0].facebook.page: 'acme'; wanted is the page's id, a number",
            "F:5: source[0].facebook.username: 'm.me/acme'; wanted is the NAME of m.me/NAME: letters, digits, '.', '-' or '_'",
            "F:6: source[0].facebook.version: '26'; wanted is a version such as v26.0",
            "F:8: source[0].facebook.every_seconds: the number 1; allowed: 10 to 86400",
        ],
    );
    check(
        "[[source]]\nname = 'p'\n[source.facebook]\npage = '1'\ntoken = 'abcdef'\napp_secret = 'abcdef'\n",
        &[
            "F:3: source[0].facebook: app_secret without verify_token; wanted is the word that was typed into the app's dashboard",
        ],
    );
}

#[test]
fn accounts_on_instagram() {
    check(
        "[[source]]\nname = 'i'\n[source.instagram]\naccount = '@acme'\nusername = 'acme shop'\nversion = '26'\n\
         previous_app_secret = 'abcdef'\nevery_seconds = 1\n",
        &[
            "F:3: source[0].instagram: messages without page; wanted is the id of the page that the account is linked to, or messages = false",
            "F:3: source[0].instagram: no token; wanted is token or token_file",
            "F:3: source[0].instagram: previous_app_secret without app_secret; wanted is the secret that holds now beside it",
            "F:4: source[0].instagram.account: '@acme'; wanted is the account's id, a number",
            "F:5: source[0].instagram.username: 'acme shop'; wanted is the account's name: letters, digits, '.' or '_'",
            "F:6: source[0].instagram.version: '26'; wanted is a version such as v26.0",
            "F:8: source[0].instagram.every_seconds: the number 1; allowed: 10 to 86400",
        ],
    );
    check(
        "[[source]]\nname = 'i'\n[source.instagram]\naccount = '1'\nusername = '@acme'\npage = '2'\ntoken = 'abcdef'\n\
         api_url = 'https://graph.instagram.com'\nverify_token = 'abcdef'\n",
        &[
            "F:3: source[0].instagram: verify_token without app_secret; wanted is the app's secret, by which deliveries are signed",
            "F:6: source[0].instagram.page: '2'; no page stands behind an account at graph.instagram.com: leave it out",
        ],
    );
}

#[test]
fn who_shows_posts_of_the_stream_is_an_address_or_nobody() {
    let stream = "[[source]]\nname = 'j'\n[source.jetstream]\n";
    check(&format!("{stream}posts_server = ''\n"), &[]);
    check(&format!("{stream}posts_server = 'https://view.example'\n"), &[]);
    check(
        &format!("{stream}posts_server = 'ftp://a.example'\n"),
        &[
            "F:4: source[0].jetstream.posts_server: 'ftp://a.example'; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
}
