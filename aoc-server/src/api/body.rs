//! Bodies that change something.

use aoc_core::{Error, Result, config};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{error::ApiError, fetch::comes_from_elsewhere};
use crate::{
    auth::{Caller, Permission},
    headers::Origins,
    operations::given,
};

/// The body of a request that no page of another site may make.
pub(crate) struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Response;
    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let origins = request.extensions().get::<Origins>();
        if origins.is_none_or(|origins| comes_from_elsewhere(request.headers(), origins)) {
            let sentence =
                "a page of another site asked for this; add its origin to `cors_origins` in [server]";
            return Err(ApiError::from(Error::forbidden(sentence)).into_response());
        }
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|rejection| rejection.status().into_response())
    }
}

impl Body {
    /// The body as JSON; only for whoever may do what it asks for.
    ///
    /// # Errors
    /// [`Forbidden`](aoc_core::ErrorKind::Forbidden), or [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is
    /// wrong.
    pub(super) fn read<T: DeserializeOwned>(&self, caller: &Caller, needs: Permission) -> Result<T> {
        as_type(self.value(caller, needs)?)
    }

    /// The same, in which members may be null, dates in place of times, and texts in place of lists.
    pub(super) fn read_given<T: DeserializeOwned>(&self, caller: &Caller, needs: Permission) -> Result<T> {
        match self.value(caller, needs)? {
            Value::Object(members) => as_type(Value::Object(given::plain(members)?)),
            other => as_type(other),
        }
    }

    /// The same, where there need not be a body.
    pub(super) fn read_if_any<T: DeserializeOwned + Default>(
        &self,
        caller: &Caller,
        needs: Permission,
    ) -> Result<T> {
        caller.require(needs)?;
        if self.0.is_empty() { Ok(T::default()) } else { self.read(caller, needs) }
    }

    /// The same, in which members of these names say nothing.
    pub(super) fn read_without<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        needs: Permission,
        names: &[&str],
    ) -> Result<T> {
        let mut value = self.value(caller, needs)?;
        if let Value::Object(members) = &mut value {
            members.retain(|name, _| !names.contains(&name.as_str()));
        }
        as_type(value)
    }

    /// Refuses a body where there is to be none.
    pub(super) fn none(&self, caller: &Caller, needs: Permission) -> Result<()> {
        caller.require(needs)?;
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid("a body is not read")) }
    }

    fn value(&self, caller: &Caller, needs: Permission) -> Result<Value> {
        caller.require(needs)?;
        if self.0.is_empty() {
            return Err(Error::invalid("there is no body, expected a JSON object"));
        }
        let value: Value = serde_json::from_slice(&self.0)
            .map_err(|cause| Error::invalid(format!("the body is no JSON: {cause}")))?;
        if value.is_object() { Ok(value) } else { Err(Error::invalid("the body is no JSON object")) }
    }
}

fn as_type<T: DeserializeOwned>(value: Value) -> Result<T> {
    config::read(value).map_err(|error| Error::invalid(error.to_string()))
}
