//! Handlers as the router keeps them: all of one type.
//!
//! Each handler is a type of its own, and what the router puts around one it would be compiled with for each of
//! them again, and so would the reading of what each wants of a request. Here the one is compiled once, and the other
//! once for each thing that can be wanted.

use super::App;
use axum::extract::{FromRequestParts, Request};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::future::ready;
use std::sync::Arc;

/// A handler that wants these parts of a request, and not its body: what forms hold the guard has read by then.
pub(super) trait Answers<P>: Send + Sync + 'static {
    /// Its answer.
    fn answer(&self, parts: Parts, app: &App) -> BoxFuture<'static, Response>;
}

macro_rules! answers {
    ($($part:ident $name:ident),+) => {
        impl<F, Fut, R, $($part),+> Answers<($($part,)+)> for F
        where
            F: Fn($($part),+) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: IntoResponse,
            $($part: FromRequestParts<App>,)+
        {
            fn answer(&self, mut parts: Parts, app: &App) -> BoxFuture<'static, Response> {
                $(let $name = match taken::<$part>(&mut parts, app) {
                    Ok(taken) => taken,
                    Err(refusal) => return Box::pin(ready(*refusal)),
                };)+
                answered(self($($name),+))
            }
        }
    };
}

answers!(P1 p1);
answers!(P1 p1, P2 p2);
answers!(P1 p1, P2 p2, P3 p3);
answers!(P1 p1, P2 p2, P3 p3, P4 p4);
answers!(P1 p1, P2 p2, P3 p3, P4 p4, P5 p5);
answers!(P1 p1, P2 p2, P3 p3, P4 p4, P5 p5, P6 p6);
answers!(P1 p1, P2 p2, P3 p3, P4 p4, P5 p5, P6 p6, P7 p7);
answers!(P1 p1, P2 p2, P3 p3, P4 p4, P5 p5, P6 p6, P7 p7, P8 p8);

/// One part of a request; all that are there can be had at once.
#[inline(never)]
fn taken<P: FromRequestParts<App>>(parts: &mut Parts, app: &App) -> Result<P, Box<Response>> {
    match P::from_request_parts(parts, app).now_or_never() {
        Some(taken) => taken.map_err(|refusal| Box::new(refusal.into_response())),
        None => Err(Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
    }
}

fn answered<Fut, R>(answer: Fut) -> BoxFuture<'static, Response>
where
    Fut: Future<Output = R> + Send + 'static,
    R: IntoResponse,
{
    Box::pin(async move { answer.await.into_response() })
}

/// Answers a request.
type Answering = dyn Fn(Request, App) -> BoxFuture<'static, Response> + Send + Sync;

/// Any handler.
#[derive(Clone)]
struct AnyHandler(Arc<Answering>);

impl AnyHandler {
    fn of<H, P>(handler: H) -> Self
    where
        H: Answers<P>,
        P: 'static,
    {
        Self(Arc::new(move |request, app| handler.answer(request.into_parts().0, &app)))
    }
}

impl Handler<(), App> for AnyHandler {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: App) -> Self::Future {
        (self.0)(request, app)
    }
}

/// Lets a handler answer what is read.
pub(super) fn get<H, P>(handler: H) -> MethodRouter<App>
where
    H: Answers<P>,
    P: 'static,
{
    routing::get::<AnyHandler, (), App>(AnyHandler::of::<H, P>(handler))
}

/// Lets a handler answer what is sent.
pub(super) fn post<H, P>(handler: H) -> MethodRouter<App>
where
    H: Answers<P>,
    P: 'static,
{
    routing::post::<AnyHandler, (), App>(AnyHandler::of::<H, P>(handler))
}
