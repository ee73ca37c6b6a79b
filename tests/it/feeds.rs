//! Holidays by address: fetched, kept, counted from then on; a dead address changes nothing.

use crate::harness::{House, acme, on_each, post};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use webcared::catalogue;
use webcared::clock::Clock;
use webcared::domain::calendar::{Calendar, CalendarSpec};
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::{Span, Timestamp};
use webcared::holidays::Holidays;
use webcared::http_client::{HttpClient, Outbound};
use webcared::store::source::{self, Registered};

/// Answers every request with what `says` holds: a status line and a body.
async fn server(says: Arc<Mutex<(&'static str, String)>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/secret-token.ics", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let _ = stream.read(&mut asked).await;
            let (status, body) = says.lock().unwrap().clone();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

fn ics(day: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

fn policy(url: &str) -> Policy {
    let day = || vec!["09:00-16:40".to_owned()];
    let spec = CalendarSpec {
        name: "desk".into(),
        zone: "Europe/Amsterdam".into(),
        mon: day(),
        tue: day(),
        wed: day(),
        holidays_url: Some(url.into()),
        ..CalendarSpec::default()
    };
    let known = [("desk".to_owned(), Arc::new(Calendar::new(&spec).unwrap()))].into();
    let targets = vec![Target { first_response_minutes: Some(60), ..Target::default() }];
    let policy = Policy { name: "p".into(), calendar: "desk".into(), targets, ..Policy::default() };
    policy.with_calendars(&known)
}

async fn import(house: &House, policy: Policy) {
    let (mint, now) = (house.mint.clone(), house.clock_now());
    let mut brand = acme();
    brand.policy = "p".into();
    let new = house
        .write(move |tx| {
            Box::pin(async move { catalogue::import(tx, &[brand], &[policy], "file:x", &mint, now).await })
        })
        .await
        .unwrap();
    house.current.set(new);
}

async fn state(house: &House) -> (String, String) {
    let rows: Vec<(String, String)> =
        house.all("SELECT state, state_why FROM source WHERE kind = 'holidays'").await;
    rows[0].clone()
}

#[test]
fn holidays_by_address_hold_from_when_they_are_known() {
    on_each(|house| async move {
        let says = Arc::new(Mutex::new(("503 Down", String::new())));
        let url = server(says.clone()).await;
        import(&house, policy(&url)).await;
        let clock: Arc<dyn Clock> = house.clock.clone();
        let outbound = Outbound { allow_private_addresses: true, ..Outbound::default() };
        let http = HttpClient::new(&outbound, clock.clone()).unwrap();
        let holidays = Holidays::new(house.db.clone(), clock.clone(), http.clone(), house.current.clone());
        assert_eq!(holidays.run_once().await.unwrap(), 0);
        assert_eq!(state(&house).await, ("retrying".into(), "answered 503; the last holidays hold".into()));
        // Sources of posts that are entered leave it alone.
        let toot = Registered { name: "toot".into(), kind: "mastodon".into(), counts_from: Timestamp(0) };
        let now = house.clock_now();
        house
            .write(move |tx| Box::pin(async move { source::register(tx, &[toot], now).await }))
            .await
            .unwrap();
        assert_eq!(state(&house).await.0, "retrying");
        // Monday 16:13:20 in Amsterdam: 26 min 40 s are left of the day.
        house.take(&[post("a", "jan", "t", 0, "@acme it does not work, please help")]).await;
        // Not again before five minutes are over; then it is there, and Tuesday is a holiday.
        *says.lock().unwrap() = ("200 OK", ics("20260922"));
        house.clock.advance(Span::minutes(4));
        assert_eq!(holidays.run_once().await.unwrap(), 0);
        house.clock.advance(Span::minutes(1));
        assert_eq!(holidays.run_once().await.unwrap(), 1);
        assert_eq!(state(&house).await, ("connected".into(), String::new()));
        house.take(&[post("b", "eva", "u", 0, "@acme it does not work, please help")]).await;
        let due: Vec<String> = house.clocks().await.iter().map(|c| Timestamp(c.due_at).rfc3339()).collect();
        let (tuesday, wednesday) = ("2026-09-22T07:33:20.000Z", "2026-09-23T07:33:20.000Z");
        assert_eq!(due, [tuesday, wednesday], "what ran already is not touched");
        // Dead for days, and then junk: the last ones hold, also over a restart.
        *says.lock().unwrap() = ("200 OK", "<html>".into());
        house.clock.advance(Span::days(1));
        assert_eq!(holidays.run_once().await.unwrap(), 0);
        let (state, why) = state(&house).await;
        assert_eq!(state, "retrying");
        assert_eq!(why, "line 1: '<html>' is no line of iCal; wanted is NAME:VALUE; the last holidays hold");
        // So do they where the calendar would never open again.
        let every_day = ics("20260922").replace("END:VEVENT", "RRULE:FREQ=DAILY\r\nEND:VEVENT");
        *says.lock().unwrap() = ("200 OK", every_day);
        house.clock.advance(Span::minutes(5));
        assert_eq!(holidays.run_once().await.unwrap(), 0);
        let why = self::state(&house).await.1;
        assert_eq!(why, "with these days the calendar does not open for 5 years; the last holidays hold");
        let version = house.current.get().named("acme").unwrap().policy.0;
        import(&house, policy(&url)).await;
        let policy = house.current.get().named("acme").unwrap().policy.clone();
        assert_eq!(policy.0, version, "the same holidays, the same version");
        assert_eq!(policy.1.calendars["desk"].spec().holidays_fetched, ["2026-09-22"]);
        // Taken out of the settings, it is off, and the source of posts is not.
        let mut plain = policy.1.clone();
        plain.calendars.clear();
        plain.calendar = "always".into();
        import(&house, plain).await;
        holidays.run_once().await.unwrap();
        assert_eq!(self::state(&house).await.0, "off");
        let on: Vec<(String,)> = house.all("SELECT name FROM source WHERE removed_at IS NULL").await;
        assert_eq!(on, [("toot".to_owned(),)]);
        // The address may hold a token: it is nowhere in the database.
        let bodies: Vec<(String,)> = house.all("SELECT body FROM setting_version").await;
        assert!(bodies.iter().all(|(body,)| !body.contains("secret-token")));
    });
}

#[test]
fn what_another_process_fetched_is_taken_over() {
    on_each(|house| async move {
        let says = Arc::new(Mutex::new(("500 No", String::new())));
        let url = server(says).await;
        import(&house, policy(&url)).await;
        let clock: Arc<dyn Clock> = house.clock.clone();
        let outbound = Outbound { allow_private_addresses: true, ..Outbound::default() };
        let http = HttpClient::new(&outbound, clock.clone()).unwrap();
        let holidays = Holidays::new(house.db.clone(), clock, http, house.current.clone());
        holidays.run_once().await.unwrap();
        let before = house.current.get().named("acme").unwrap().policy.0;
        let now = house.clock_now();
        let days = vec!["2026-09-22".to_owned()];
        house
            .write(move |tx| Box::pin(async move { catalogue::keep_fetched(tx, "desk", &days, now).await }))
            .await
            .unwrap();
        holidays.run_once().await.unwrap();
        let after = house.current.get().named("acme").unwrap().policy.clone();
        assert_eq!((after.0, after.1.calendars["desk"].spec().holidays_fetched.len()), (before + 1, 1));
        let known = house.current.get();
        holidays.run_once().await.unwrap();
        assert!(Arc::ptr_eq(&known, &house.current.get()), "nothing new, nothing exchanged");
    });
}
