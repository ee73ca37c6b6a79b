//! A console to look at by eye: `cargo test --test web look -- --ignored --nocapture`, with the
//! sample's posts of ten languages. Stops after the seconds in `LOOK_SECONDS`.

use crate::harness::{Engine, House};
use crate::site::{Site, small};
use std::sync::Arc;
use std::time::Duration;
use webcared::clock::{Clock, SystemClock};
use webcared::intake::{Item, SourceRules};
use webcared::sample;
use webcared::web::config::WebConfig;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a server to look at, not a test"]
async fn a_console_with_the_sample() {
    let house = House::build(Engine::Sqlite).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let now = clock.now();
    house.clock.set(now);
    let reader = house.intake.reader();
    let items = sample::posts("Acme", now).into_iter().filter(|(at, _)| *at <= now).enumerate().map(
        |(n, (at, body))| {
            let read = reader.read(&body, &SourceRules::default(), now);
            Item {
                inbox_id: None,
                source: "sample".into(),
                place: n.to_string(),
                received_at: at,
                body,
                read,
            }
        },
    );
    house.intake.take(items.collect()).await.unwrap();
    while house.deadlines.run_once().await.unwrap() > 0 {}
    let config = WebConfig { connections_max: 100, ..small() };
    let site = Site::build(config, None, house, Some(clock)).await;
    let lead = site.login("sanne", "lead").await;
    eprintln!("LOOK http://{} {}", site.address, lead.cookie.lock().unwrap());
    eprintln!("LINK {}", site.people.add("jan", "Jan", "agent").await.unwrap());
    let seconds = std::env::var("LOOK_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3600);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
