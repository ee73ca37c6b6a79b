//! One statement with its values, asked of whichever engine is open.
//!
//! Statements are written hundreds of times. Compiled for each engine and each kind of row they would be a
//! quarter of the program; so a statement and its values are plain data here, two functions bring them to the
//! engine and its rows back, and only the reading of a row's columns is made for each kind of row.

use super::Tx;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite};
use std::borrow::Cow;

/// One value of a statement; a missing one keeps its type, which PostgreSQL asks for.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A text.
    Text(Option<Cow<'a, str>>),
    /// A whole number.
    Whole(Option<i64>),
    /// A number.
    Real(Option<f64>),
    /// Bytes.
    Bytes(Option<Cow<'a, [u8]>>),
}

/// What can stand as a value of a statement.
pub trait Bound<'a> {
    /// As a value.
    fn bound(self) -> Value<'a>;
}

macro_rules! bound {
    ($($type:ty => $kind:ident, |$value:ident| $made:expr;)*) => {$(
        impl<'a> Bound<'a> for $type {
            fn bound(self) -> Value<'a> {
                let $value = self;
                Value::$kind(Some($made))
            }
        }
        impl<'a> Bound<'a> for Option<$type> {
            fn bound(self) -> Value<'a> {
                Value::$kind(self.map(|$value| $made))
            }
        }
    )*};
}

bound! {
    &'a str => Text, |text| Cow::Borrowed(text);
    &'a String => Text, |text| Cow::Borrowed(text.as_str());
    String => Text, |text| Cow::Owned(text);
    i64 => Whole, |number| number;
    f64 => Real, |number| number;
    &'a [u8] => Bytes, |bytes| Cow::Borrowed(bytes);
    &'a Vec<u8> => Bytes, |bytes| Cow::Borrowed(bytes.as_slice());
    Vec<u8> => Bytes, |bytes| Cow::Owned(bytes);
}

impl<'a> Bound<'a> for &'a Option<String> {
    fn bound(self) -> Value<'a> {
        Value::Text(self.as_deref().map(Cow::Borrowed))
    }
}

/// A row of either engine.
#[derive(Clone, Copy, Debug)]
pub enum Row<'r> {
    /// Of SQLite.
    Sqlite(&'r SqliteRow),
    /// Of PostgreSQL.
    Postgres(&'r PgRow),
}

/// Which column of a row.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    /// By its name.
    Named(&'static str),
    /// By its place, from 0.
    At(usize),
}

/// What a column can hold.
pub trait Cell: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// Where the column is missing, empty though it must not be, or of another type.
    fn cell(row: Row<'_>, column: Column) -> Result<Self, sqlx::Error>;
}

/// What can be read from a whole row.
pub trait Read: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// As [`Cell::cell`].
    fn read(row: Row<'_>) -> Result<Self, sqlx::Error>;
}

macro_rules! cell {
    ($($type:ty),*) => {$(
        impl Cell for $type {
            #[inline(never)]
            fn cell(row: Row<'_>, column: Column) -> Result<Self, sqlx::Error> {
                match (row, column) {
                    (Row::Sqlite(row), Column::Named(name)) => row.try_get(name),
                    (Row::Sqlite(row), Column::At(place)) => row.try_get(place),
                    (Row::Postgres(row), Column::Named(name)) => row.try_get(name),
                    (Row::Postgres(row), Column::At(place)) => row.try_get(place),
                }
            }
        }
        impl Read for $type {
            fn read(row: Row<'_>) -> Result<Self, sqlx::Error> {
                Self::cell(row, Column::At(0))
            }
        }
    )*};
}

cell!(
    i32,
    i64,
    f64,
    bool,
    String,
    Vec<u8>,
    Option<i32>,
    Option<i64>,
    Option<f64>,
    Option<bool>,
    Option<String>,
    Option<Vec<u8>>
);

macro_rules! tuple {
    ($($cell:ident $place:literal),*) => {
        impl<$($cell: Cell),*> Read for ($($cell,)*) {
            fn read(row: Row<'_>) -> Result<Self, sqlx::Error> {
                Ok(($($cell::cell(row, Column::At($place))?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);

/// The rows that a statement found.
enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl Rows {
    fn read<T: Read>(&self) -> Result<Vec<T>, sqlx::Error> {
        match self {
            Self::Sqlite(rows) => rows.iter().map(|row| T::read(Row::Sqlite(row))).collect(),
            Self::Postgres(rows) => rows.iter().map(|row| T::read(Row::Postgres(row))).collect(),
        }
    }
}

/// How many rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Most {
    First,
    All,
}

/// A statement and its values.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    sql: &'static str,
    values: Vec<Value<'a>>,
}

/// A statement; `$1` and on are the values in the order in which they are given.
pub const fn query<'a>(sql: &'static str) -> Query<'a> {
    Query { sql, values: Vec::new() }
}

impl<'a> Query<'a> {
    /// The next value.
    #[must_use]
    pub fn bind(mut self, value: impl Bound<'a>) -> Self {
        self.put(value.bound());
        self
    }

    /// Called, not copied into each of the thousands of places where a value is given.
    #[inline(never)]
    fn put(&mut self, value: Value<'a>) {
        self.values.push(match value {
            // PostgreSQL takes no U+0000 in a text, and both engines must hold the same.
            Value::Text(Some(text)) if text.contains('\0') => {
                Value::Text(Some(Cow::Owned(text.replace('\0', "\u{fffd}"))))
            }
            value => value,
        });
    }

    /// Every row.
    ///
    /// # Errors
    /// When the database refuses or fails, or a row cannot be read as `T`; so do the others.
    pub async fn all<T: Read>(self, tx: &mut Tx) -> Result<Vec<T>, sqlx::Error> {
        self.rows(tx, Most::All).await?.read()
    }

    /// The first row, if there is one.
    pub async fn maybe<T: Read>(self, tx: &mut Tx) -> Result<Option<T>, sqlx::Error> {
        Ok(self.rows(tx, Most::First).await?.read()?.pop())
    }

    /// The first row; that there is none is an error.
    pub async fn one<T: Read>(self, tx: &mut Tx) -> Result<T, sqlx::Error> {
        self.maybe(tx).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Does it; how many rows it touched.
    pub fn run<'t>(self, tx: &'t mut Tx) -> BoxFuture<'t, Result<u64, sqlx::Error>>
    where
        'a: 't,
    {
        Box::pin(async move {
            match tx {
                Tx::Sqlite(t) => self.on_sqlite().execute(&mut **t).await.map(|done| done.rows_affected()),
                Tx::Postgres(t) => {
                    self.on_postgres().execute(&mut **t).await.map(|done| done.rows_affected())
                }
            }
        })
    }

    fn rows<'t>(self, tx: &'t mut Tx, most: Most) -> BoxFuture<'t, Result<Rows, sqlx::Error>>
    where
        'a: 't,
    {
        Box::pin(async move {
            match (tx, most) {
                (Tx::Sqlite(t), Most::All) => self.on_sqlite().fetch_all(&mut **t).await.map(Rows::Sqlite),
                (Tx::Postgres(t), Most::All) => {
                    self.on_postgres().fetch_all(&mut **t).await.map(Rows::Postgres)
                }
                (Tx::Sqlite(t), Most::First) => {
                    let row = self.on_sqlite().fetch_optional(&mut **t).await?;
                    Ok(Rows::Sqlite(row.into_iter().collect()))
                }
                (Tx::Postgres(t), Most::First) => {
                    let row = self.on_postgres().fetch_optional(&mut **t).await?;
                    Ok(Rows::Postgres(row.into_iter().collect()))
                }
            }
        })
    }

    fn on_sqlite(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        self.values.into_iter().fold(sqlx::query(self.sql), |query, value| match value {
            // Text and bytes of our own are handed over as they are, not copied.
            Value::Text(text) => query.bind(text.map(Cow::into_owned)),
            Value::Whole(number) => query.bind(number),
            Value::Real(number) => query.bind(number),
            Value::Bytes(bytes) => query.bind(bytes.map(Cow::into_owned)),
        })
    }

    fn on_postgres(self) -> sqlx::query::Query<'static, Postgres, PgArguments> {
        self.values.into_iter().fold(sqlx::query(self.sql), |query, value| match value {
            Value::Text(text) => query.bind(text.as_deref()),
            Value::Whole(number) => query.bind(number),
            Value::Real(number) => query.bind(number),
            Value::Bytes(bytes) => query.bind(bytes.as_deref()),
        })
    }
}
