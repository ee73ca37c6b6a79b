//! A provider with labels shows one mail in several folders, under another number in each: it is one mention all the
//! same, and what we answered there by hand is one answer.

use crate::post_office::{ALL_MAIL, PostOffice, mail};
use crate::walk::House;
use crate::{Fresh, fresh_on_each};
use serde_json::json;
use webcared::clock::{Clock, SystemClock};

/// A folder as the settings call it, and as the server does.
const ORDERS: &str = "Commandes reçues";
const ORDERS_THERE: &str = "Commandes re&AOc-ues";
const DUPLICATES: &str =
    "SELECT CAST(COALESCE(SUM(n), 0) AS TEXT) FROM intake_count WHERE what = 'duplicate'";
const MENTIONS: &str = "SELECT external_id FROM mention ORDER BY external_id";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_with_three_labels_is_one_mention() {
    for place in fresh_on_each().await {
        labelled(&place).await;
    }
}

async fn labelled(place: &Fresh) {
    let office = PostOffice::start().await;
    let now = SystemClock::default().now();
    // The numbers of the folders differ: a mail that nobody labelled stands before the others.
    office.put(ALL_MAIL, now, &mail("c@customer.example", "Where is my lamp"));
    let labels = |id: &str| {
        let head = "Message-ID: <";
        let more =
            "X-GM-THRID: 1278455344230334865\r\nX-Gmail-Labels: Inbox,\"Big orders\",Unread\r\nMessage-ID: <";
        mail(id, "Where is my kettle").replacen(head, more, 1)
    };
    for folder in ["INBOX", ORDERS_THERE, ALL_MAIL] {
        office.put(folder, now, &labels("a@customer.example"));
    }
    for folder in ["INBOX", ALL_MAIL] {
        office.put(folder, now, &labels("b@customer.example"));
    }
    // What a colleague answered in the provider's own page stands among all mail, and nowhere else.
    office.put(
        ALL_MAIL,
        now,
        "From: Care <care@acme.example>\r\nTo: mia@customer.example\r\nSubject: Re: Where is my kettle\r\n\
         Message-ID: <answer@acme.example>\r\nIn-Reply-To: <a@customer.example>\r\n\r\nIt is on its way.\r\n",
    );
    let mut config = office.config();
    config["mail"]["smtp"] = json!({"host": "127.0.0.1", "port": 9, "security": "none", "open": true});
    config["mail"]["folders"] = json!(["INBOX", ORDERS, ALL_MAIL]);
    let house = House::of(place, config).await;
    let all = ["a@customer.example", "b@customer.example", "c@customer.example"];
    house
        .read_until("every copy", async || {
            house.texts(DUPLICATES).await[0].parse::<i64>().unwrap() >= 3
                && house.texts("SELECT id FROM own_post").await.len() == 1
                && house.texts(MENTIONS).await == all
        })
        .await;
    let questions = office.ledger().asked.clone();
    assert!(!questions.iter().any(|a| a.contains("X-GM")), "nothing hangs on one provider's words");

    // A label that is put on later is one more copy, and so are new numbers for all of them.
    office.put(ORDERS_THERE, now, &labels("b@customer.example"));
    office.renumber(ALL_MAIL);
    house
        .read_until("the copies that came later", async || {
            house.texts(DUPLICATES).await[0].parse::<i64>().unwrap() >= 7
        })
        .await;
    assert_eq!(house.texts(MENTIONS).await, all);
    assert_eq!(house.texts("SELECT id FROM own_post").await.len(), 1);
    house.opened.db.close().await;
}
