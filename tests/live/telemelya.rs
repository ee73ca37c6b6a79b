//! The bot against a Bot API that nobody here wrote: an urgent post becomes a card, its button is
//! pressed, the press is answered and the card follows; a command is answered.
//!
//! It proves that our calls (`sendMessage` with buttons, `editMessageText`, `answerCallbackQuery`) are
//! understood by somebody else's reading of the Bot API, that an edit names the message that the card
//! became there (an unknown one is refused), that an answer names its press, that we understand its
//! answers, and that we read the updates that it makes. It cannot prove what it does not do itself: it
//! checks neither lengths nor markup nor the token, limits nobody, has no `getUpdates` (a bridge hands
//! its webhook's updates on) and sends no secret; errors and retries are proved against the fake in
//! `tests/chat`.

use crate::daemon::Start;
use crate::place::{Data, Engine};
use crate::rigs::telemelya::Server;
use crate::sender::{URGENT, deliver, post};
use crate::{wait_for, wait_within};
use serde_json::Value;
use std::io::Write as _;
use std::time::Duration;
use webcared::domain::time::Span;

/// As the settings of the tests have them.
const TOKEN: &str = "123456:test";
const TEAM: i64 = -100;
/// The Telegram account of Ann, and of somebody whom nobody knows.
const ANN: i64 = 77_777;
const STRANGER: i64 = 88_888;
const SHOW_MAX: Duration = Duration::from_secs(30);

/// The data of a button with these words in it.
fn button(message: &Value, words: &str) -> Option<String> {
    let rows = message["reply_markup"]["inline_keyboard"].as_array()?;
    let mut buttons = rows.iter().filter_map(Value::as_array).flatten();
    let found = buttons.find(|b| b["text"].as_str().is_some_and(|t| t.contains(words)))?;
    found["callback_data"].as_str().map(ToOwned::to_owned)
}

/// The first call of a method that looks like this.
async fn taken(server: &Server, method: &str, like: impl Fn(&Value) -> bool) -> Value {
    let look = || async { server.taken(method).await.into_iter().find(|call| like(call)) };
    wait_for(method, SHOW_MAX, look).await
}

fn answers(call: &Value, press: &str) -> bool {
    call["callback_query_id"] == press
}

fn says(call: &Value, words: &str) -> bool {
    call["text"].as_str().is_some_and(|text| text.contains(words))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_sent_pressed_answered_and_edited() {
    let Some(server) = Server::start(TOKEN).await else { return };
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, Some(&server.url));
    let mut file = std::fs::File::options().append(true).open(&start.file).unwrap();
    writeln!(file, "users = [{{ id = {ANN}, login = \"ann\" }}]").unwrap();
    let daemon = start.ready().await;
    let (code, _, trouble) =
        start.run(&["user", "add", "ann", "--name", "Ann Other", "--role", "agent"]).await;
    assert_eq!(code, Some(0), "{trouble}");

    assert_eq!(deliver(start.port, "one", &post("one", Span::minutes(1), URGENT)).await, Some(202));
    let card = taken(&server, "sendMessage", |call| button(call, "Claim").is_some()).await;
    assert_eq!(card["chat_id"], TEAM, "{card}");
    assert!(says(&card, "P1") && says(&card, "Acme"), "{card}");
    assert!(!says(&card, "smoking"), "the customer's words: {card}");
    let (message, claim) = (card["message_id"].as_i64().unwrap(), button(&card, "Claim").unwrap());
    assert!(claim.len() <= 64, "the platform takes 64 bytes: {claim}");

    let pressed = server.press(STRANGER, TEAM, message, &claim).await;
    let answered = taken(&server, "answerCallbackQuery", |call| answers(call, &pressed)).await;
    assert!(says(&answered, "not allowed"), "{answered}");
    assert!(server.taken("editMessageText").await.iter().all(|call| !says(call, "claimed")));

    let pressed = server.press(ANN, TEAM, message, &claim).await;
    let answered = taken(&server, "answerCallbackQuery", |call| answers(call, &pressed)).await;
    assert!(says(&answered, "#1"), "{answered}");
    let edited = taken(&server, "editMessageText", |call| says(call, "Ann Other")).await;
    assert_eq!((&edited["chat_id"], &edited["message_id"]), (&TEAM.into(), &message.into()), "{edited}");

    // Out of budget a command is not answered, and the person asks again.
    let listed = || async {
        server.say(ANN, TEAM, "/open").await;
        let found = || async {
            let sent = server.taken("sendMessage").await;
            sent.into_iter().find(|call| says(call, "#1") && button(call, "Claim").is_none())
        };
        wait_within(Duration::from_secs(2), found).await
    };
    wait_for("what is open", SHOW_MAX, listed).await;

    daemon.stop().await;
    let cards =
        server.taken("sendMessage").await.iter().filter(|call| button(call, "Claim").is_some()).count();
    assert_eq!(cards, 1, "each call was understood at once, nothing was said twice");
}
