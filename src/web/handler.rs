//! Handlers as the router keeps them: all of one type.
//!
//! Each handler is a type of its own, and what the router puts around one it would be compiled with for each of
//! them again; around this one it is compiled once.

use super::App;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{self, MethodRouter};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// Answers a request.
type Answers = dyn Fn(Request, App) -> BoxFuture<'static, Response> + Send + Sync;

/// Any handler.
#[derive(Clone)]
struct AnyHandler(Arc<Answers>);

impl AnyHandler {
    fn of<H, T>(handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Self(Arc::new(move |request, app| Box::pin(handler.clone().call(request, app))))
    }
}

impl Handler<(), App> for AnyHandler {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: App) -> Self::Future {
        (self.0)(request, app)
    }
}

/// Lets a handler answer what is read.
pub(super) fn get<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    routing::get::<AnyHandler, (), App>(AnyHandler::of(handler))
}

/// Lets a handler answer what is sent.
pub(super) fn post<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    routing::post::<AnyHandler, (), App>(AnyHandler::of(handler))
}
