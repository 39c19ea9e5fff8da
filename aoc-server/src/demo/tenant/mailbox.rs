//! What people do in mailboxes: send, read, delete, file by rules.

use super::clock::{Day, later};
use super::office365::{Envelope, envelope, named_values, with};
use super::people::{Job, ORGANIZATION, People, Person};
use super::random::{Random, guid_of};
use super::recorder::Recorder;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What is common to the mailbox records of one person at one address.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    pub(super) owner: &'a Person,
    pub(super) address: &'a str,
    pub(super) client: &'a str,
}

const CLIENTS: [&str; 3] =
    ["Client=MSExchangeRPC", "Client=OWA;Action=ViaProxy", "Client=REST;Client=RESTSystem;;"];
const SUBJECTS: [&str; 12] = [
    "Re: Quarterly figures",
    "Offer for project Apollo",
    "Minutes of the Monday meeting",
    "Travel to Lisbon",
    "Re: Contract renewal Fabrikam",
    "Invoice 2291 approved",
    "Lunch?",
    "Release 4.8: open points",
    "Holiday request",
    "Fw: Delivery dates",
    "Your ticket has been solved",
    "Interview schedule",
];

impl Session<'_> {
    fn record(&self, at: DateTime<Utc>, record_type: u32, operation: &str, random: &mut Random) -> Value {
        let owner = self.owner;
        let head = Envelope::new(record_type, operation, "Exchange").person(owner, 0);
        let sid = format!("S-1-5-21-1004336348-1177238915-682003330-{}", 5000 + owner.upn.len() * 37);
        with(
            envelope(at, &head, random),
            json!({
                "ResultStatus": "Succeeded", "ClientIPAddress": self.address,
                "ClientInfoString": self.client, "ExternalAccess": false, "InternalLogonType": 0,
                "LogonType": 0, "LogonUserSid": sid, "MailboxOwnerSid": sid,
                "MailboxGuid": guid_of("mailbox", &owner.upn), "MailboxOwnerUPN": owner.upn,
                "OrganizationName": ORGANIZATION, "OriginatingServer": "VI1PR09MB2871 (15.20.9320.021)\r\n",
                "SessionId": guid_of("session", self.address),
            }),
        )
    }

    /// Mail that was sent.
    pub(super) fn send(&self, at: DateTime<Utc>, subject: &str, random: &mut Random) -> Value {
        let item = json!({"Id": "Unknown", "InternetMessageId": message_id(random), "Subject": subject,
            "SizeInBytes": random.between(4_000, 900_000)});
        with(self.record(at, 2, "Send", random), json!({"Item": item}))
    }

    /// Mail that was read; `count` messages of one folder.
    pub(super) fn accessed(
        &self,
        at: DateTime<Utc>,
        (folder, count): (&str, usize),
        random: &mut Random,
    ) -> Value {
        let items: Vec<Value> =
            (0..count).map(|_| json!({"InternetMessageId": message_id(random)})).collect();
        let folders =
            json!([{"Id": format!("LgAAAA{}", random.tag(24)), "Path": folder, "FolderItems": items}]);
        with(
            self.record(at, 50, "MailItemsAccessed", random),
            json!({
                "AppId": "00000002-0000-0ff1-ce00-000000000000", "OperationCount": count, "Folders": folders,
                "OperationProperties": named_values(&[("MailAccessType", "Bind"), ("IsThrottled", "False")]),
            }),
        )
    }

    /// Mail that was thrown away.
    pub(super) fn deleted(
        &self,
        at: DateTime<Utc>,
        operation: &str,
        subject: &str,
        random: &mut Random,
    ) -> Value {
        let folder = json!({"Id": format!("LgAAAA{}", random.tag(24)), "Path": "\\Inbox"});
        let item = json!({"Id": format!("RgAAAA{}", random.tag(32)), "Subject": subject,
            "InternetMessageId": message_id(random), "ParentFolder": folder});
        with(
            self.record(at, 3, operation, random),
            json!({"AffectedItems": [item], "Folder": folder, "CrossMailboxOperation": false}),
        )
    }

    /// An inbox rule that was made in Outlook; `action` is JSON text.
    pub(super) fn rule(
        &self,
        at: DateTime<Utc>,
        (name, condition, action): (&str, &str, &str),
        random: &mut Random,
    ) -> Value {
        let properties = named_values(&[
            ("RuleOperation", "AddMailboxRule"),
            ("RuleState", "Enabled"),
            ("RuleName", name),
            ("RuleCondition", condition),
            ("RuleProvider", "ExchangeMailboxRules14"),
            ("RuleActions", action),
        ]);
        let item = json!({"Id": format!("RgAAAA{}", random.tag(32)), "ParentFolder": {"Path": "\\Inbox",
        "Name": "Inbox"}});
        with(
            self.record(at, 2, "UpdateInboxRules", random),
            json!({"OperationProperties": properties, "Item": item}),
        )
    }
}

fn message_id(random: &mut Random) -> String {
    format!("<VI1PR09MB2871{}@VI1PR09MB2871.eurprd09.prod.outlook.com>", random.hex(28))
}

/// Writes down a day in the mailboxes.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(31, &mut book.random) {
        let owner = people.colleague(&mut book.random);
        let at = day.at_work(owner, &mut book.random);
        let place = owner.place(&mut book.random);
        let client = *book.random.pick(&CLIENTS);
        one(at, Session { owner, address: &place.address, client }, book);
    }
    for _ in 0..day.busy(6, &mut book.random) {
        on_behalf(day, people, book);
    }
    backup(day, people, book);
}

fn one(at: DateTime<Utc>, session: Session<'_>, book: &mut Recorder) {
    let subject = *book.random.pick(&SUBJECTS);
    let count = book.random.between(1, 9) as usize;
    let random = &mut book.random;
    let record = match random.below(20) {
        0..=7 => session.send(at, subject, random),
        8..=14 => session.accessed(at, ("\\Inbox", count), random),
        15..=17 => session.deleted(at, "SoftDelete", subject, random),
        18 => session.deleted(at, "HardDelete", subject, random),
        _ => {
            let action = r#"[{"ActionType":"Move","Folder":"Newsletters","ForwardFlags":"None"}]"#;
            session.rule(
                at,
                ("Newsletters", "(SubString IgnoreCase(SubjectProperty)=newsletter)", action),
                random,
            )
        }
    };
    book.office(at, record);
}

/// An assistant sends from the mailbox of somebody in management.
fn on_behalf(day: Day, people: &People, book: &mut Recorder) {
    let (owner, by) =
        (people.one_of(&[Job::Executive], &mut book.random), people.one_of(&[Job::People], &mut book.random));
    let at = day.at_work(by, &mut book.random);
    let place = by.place(&mut book.random);
    let operation = *book.random.pick(&["SendOnBehalf", "SendAs"]);
    let session = Session { owner, address: &place.address, client: CLIENTS[1] };
    let subject = *book.random.pick(&SUBJECTS);
    let record = with(
        session.send(at, subject, &mut book.random),
        json!({
            "Operation": operation, "UserId": by.upn, "UserKey": by.puid, "LogonType": 2,
            "SendOnBehalfOfUserSmtp": owner.upn,
            "SendOnBehalfOfUserMailboxGuid": guid_of("mailbox", &owner.upn),
        }),
    );
    book.office(at, record);
}

/// The backup application reads some mailboxes every night.
fn backup(day: Day, people: &People, book: &mut Recorder) {
    let start = day.at(21, 30, &mut book.random);
    for step in 0..4 {
        let at = later(start, step * 210, &mut book.random);
        let owner = people.colleague(&mut book.random);
        let session = Session { owner, address: "2001:db8:bac::17", client: CLIENTS[2] };
        let count = book.random.between(20, 60) as usize;
        let record = with(
            session.accessed(at, ("\\Inbox", 6), &mut book.random),
            json!({
                "UserId": format!("ServicePrincipal_{}", guid_of("principal", "Contoso Backup")),
                "UserKey": "Not Available", "UserType": 5, "LogonType": 1, "ExternalAccess": true,
                "AppId": guid_of("app", "Contoso Backup"), "ClientAppId": guid_of("app", "Contoso Backup"),
                "OperationCount": count,
            }),
        );
        book.office(at, record);
    }
}
