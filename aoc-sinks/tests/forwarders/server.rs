//! A server on this machine that speaks a protocol, and fails as it is told.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    io::Read,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, value::RawValue};
use tokio::net::TcpListener;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    /// As it was sent.
    pub(crate) sent: Vec<u8>,
    /// Decompressed.
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The JSON values of the body, whatever stands between them.
    pub(crate) fn values(&self) -> Vec<Value> {
        let values = serde_json::Deserializer::from_slice(&self.body).into_iter::<Box<RawValue>>();
        values.map(|value| lenient(&value.expect("JSON"))).collect()
    }
}

/// Reads JSON of any depth; numbers and texts that cannot be held are null.
fn lenient(raw: &RawValue) -> Value {
    if let Ok(value) = serde_json::from_str(raw.get()) {
        return value;
    }
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(raw.get()) {
        return members.iter().map(|(name, value)| (name.clone(), lenient(value))).collect();
    }
    let elements = serde_json::from_str::<Vec<Box<RawValue>>>(raw.get());
    elements.map(|all| all.iter().map(|one| lenient(one)).collect()).unwrap_or_default()
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn of(status: u16, body: impl ToString) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This is answered, and nothing taken.
    Answer(Reply),
    /// The connection ends when some of the request has come.
    CutBefore,
    /// All is taken, and the connection ends before the answer.
    CutAfter,
}

type Protocol = dyn Fn(&Heard) -> Reply + Send + Sync;

struct Inner {
    protocol: Box<Protocol>,
    heard: Mutex<Vec<Heard>>,
    next: Mutex<VecDeque<(String, Fault)>>,
    always: Mutex<Option<(String, Fault)>>,
}

/// The server; it ends with the test.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

impl Server {
    pub(crate) async fn start(protocol: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            protocol: Box::new(protocol),
            heard: Mutex::default(),
            next: Mutex::default(),
            always: Mutex::default(),
        });
        let serving = inner.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let inner = serving.clone();
                let service = service_fn(move |request| answer(inner.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, inner }
    }

    /// The next request whose path holds this goes wrong. Several are done one after the other.
    pub(crate) fn fail_next(&self, path: &str, fault: Fault) {
        lock(&self.inner.next).push_back((path.to_owned(), fault));
    }

    /// All requests whose path holds this go wrong from now on; `None`: no longer.
    pub(crate) fn fail_always(&self, path: &str, fault: Option<Fault>) {
        *lock(&self.inner.always) = fault.map(|fault| (path.to_owned(), fault));
    }

    /// The requests whose path holds this, as they came.
    pub(crate) fn heard(&self, path: &str) -> Vec<Heard> {
        lock(&self.inner.heard).iter().filter(|heard| heard.path.contains(path)).cloned().collect()
    }
}

async fn answer(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let path = request.uri().path().to_owned();
    let fault = fault_of(&inner, &path);
    if matches!(fault, Some(Fault::CutBefore)) {
        let mut body = request.into_body();
        body.frame().await;
        return Err(std::io::Error::other("cut"));
    }
    let heard = read(request).await.unwrap();
    lock(&inner.heard).push(heard.clone());
    let reply = match fault {
        Some(Fault::Answer(reply)) => reply,
        fault => {
            let reply = (inner.protocol)(&heard);
            if fault.is_some() {
                return Err(std::io::Error::other("cut"));
            }
            reply
        }
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(reply.body.into())).unwrap())
}

fn fault_of(inner: &Inner, path: &str) -> Option<Fault> {
    let mut next = lock(&inner.next);
    if next.front().is_some_and(|(wanted, _)| path.contains(wanted.as_str())) {
        return next.pop_front().map(|(_, fault)| fault);
    }
    lock(&inner.always)
        .as_ref()
        .filter(|(wanted, _)| path.contains(wanted.as_str()))
        .map(|(_, fault)| fault.clone())
}

async fn read(request: Request<Incoming>) -> Result<Heard, Infallible> {
    let (head, body) = request.into_parts();
    let sent = body.collect().await.expect("the whole body").to_bytes().to_vec();
    let headers = head.headers.iter();
    let headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let is_gzip = headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip");
    let mut body = Vec::new();
    match is_gzip {
        true => flate2::read::GzDecoder::new(sent.as_slice()).read_to_end(&mut body).map(drop).unwrap(),
        false => body.clone_from(&sent),
    }
    Ok(Heard {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        sent,
        body,
        at: Instant::now(),
    })
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
