//! A day in Intune: devices come and go, policies change, updates roll out.

use super::clock::{Day, later};
use super::intune::{DeviceAction, DeviceActivity};
use super::people::{Job, People};
use super::recorder::Recorder;

const ADMINS: [Job; 1] = [Job::Endpoint];
/// A remote restart, lock or the like is asked for on a device's page.
const REMOTE: [DeviceActivity; 5] = [
    ("syncDevice ManagedDevice", "Action", "Device"),
    ("rebootNow ManagedDevice", "Action", "Device"),
    ("remoteLock ManagedDevice", "Action", "Device"),
    ("Rename device ManagedDevice", "Action", "Device"),
    ("rotateBitLockerKeys ManagedDevice", "Action", "Device"),
];
const POLICIES: [&str; 6] = [
    "WIN-Baseline-Security",
    "WIN-BitLocker-Encryption",
    "WIN-Firewall-Default",
    "IOS-Compliance-Standard",
    "WIN-Compliance-Standard",
    "AND-WorkProfile-Standard",
];
const APPS: [&str; 6] = [
    "Contoso VPN Client 7.2",
    "Contoso Expenses 3.1",
    "7-Zip 25.01",
    "Company Portal",
    "Meeting Room Display 2.4",
    "PDF Reader 25.3",
];
const RINGS: [&str; 4] = ["Ring 0 - IT", "Ring 1 - Pilot", "Ring 2 - Broad", "Ring 3 - Executives"];

/// Writes down a day in Intune.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(5, &mut book.random) {
        remote_task(day, people, book);
    }
    for _ in 0..day.busy(4, &mut book.random) {
        certificate(day, people, book);
    }
    for _ in 0..day.busy(3, &mut book.random) {
        policy(day, people, book);
    }
    if day.seldom(40, &mut book.random) {
        app(day, people, book);
    }
    if day.is_patch_day() {
        patch_tuesday(day, people, book);
    }
}

fn remote_task(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&[Job::Helpdesk, Job::Endpoint], &mut book.random);
    let owner = people.colleague(&mut book.random);
    let at = day.at_work(person, &mut book.random);
    let activity = *book.random.pick(&REMOTE);
    let action = DeviceAction::new(at, person, activity, "").device(owner);
    let refused = book.random.chance(6);
    book.device(&if refused { action.failed() } else { action });
}

fn certificate(day: Day, people: &People, book: &mut Recorder) {
    let owner = people.colleague(&mut book.random);
    let at = day.at_work(owner, &mut book.random);
    let activity = ("Create ClientCertificate", "Create", "Enrollment");
    let thumbprint = book.random.hex(40);
    let action = DeviceAction::by_app(at, "Contoso Intune Connector", activity, &owner.device)
        .set("deviceID", None, &owner.device_id)
        .set("Thumbprint", None, &thumbprint);
    book.device(&action);
}

fn policy(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&ADMINS, &mut book.random);
    let at = day.at_work(person, &mut book.random);
    let name = *book.random.pick(&POLICIES);
    let version = book.random.between(3, 30);
    let activity = ("Patch DeviceManagementConfigurationPolicy", "Patch", "DeviceConfiguration");
    let action = DeviceAction::new(at, person, activity, name)
        .set("Version", Some(&version.to_string()), &(version + 1).to_string())
        .set("Description", Some(""), "Reviewed with security");
    book.device(&action);
    if book.random.chance(50) {
        let activity =
            ("Create DeviceManagementConfigurationPolicyAssignment", "Create", "DeviceConfiguration");
        let then = later(at, 40, &mut book.random);
        let ring = *book.random.pick(&RINGS);
        let action = DeviceAction::new(then, person, activity, name)
            .set("Target.Type", None, "GroupAssignmentTarget")
            .set("Target.GroupId", None, ring)
            .set("Source", None, "Direct");
        book.device(&action);
    }
}

fn app(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&ADMINS, &mut book.random);
    let at = day.at_work(person, &mut book.random);
    let name = *book.random.pick(&APPS);
    let correlation = book.random.guid();
    let created = DeviceAction::new(at, person, ("Create MobileApp", "Create", "Application"), name)
        .set("InstallCommandLine", None, "setup.exe /quiet /norestart")
        .set("ApplicableArchitectures", None, "X64")
        .within(&correlation);
    book.device(&created);
    let then = later(at, 95, &mut book.random);
    let assigned =
        DeviceAction::new(then, person, ("Create MobileAppAssignment", "Create", "Application"), name)
            .set("Intent", None, "Required")
            .set("Target.GroupId", None, "All Windows devices")
            .within(&correlation);
    book.device(&assigned);
}

/// Updates come out in the evening; every device of every ring is touched within some hours.
fn patch_tuesday(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&ADMINS, &mut book.random);
    for (index, ring) in RINGS.iter().enumerate() {
        let at = day.at(17 + index as i64, 5, &mut book.random);
        let activity = ("Patch WindowsUpdateForBusinessConfiguration", "Patch", "SoftwareUpdates");
        let action = DeviceAction::new(at, person, activity, ring)
            .set("QualityUpdatesPaused", Some("True"), "False")
            .set("QualityUpdatesDeferralPeriodInDays", Some("7"), &(index * 2).to_string());
        book.device(&action);
        burst(at, ring, people, book);
    }
}

fn burst(at: chrono::DateTime<chrono::Utc>, ring: &str, people: &People, book: &mut Recorder) {
    let activity = ("Patch ManagedDevice", "Patch", "Device");
    let own = people.all().iter().filter(|person| !matches!(person.job, Job::Guest | Job::Partner));
    for (index, owner) in own.enumerate() {
        let then = later(at, 60 + 23 * index as i64, &mut book.random);
        let action = DeviceAction::by_app(then, "Contoso Intune Connector", activity, "")
            .device(owner)
            .set("UpdateRing", None, ring)
            .set("OSVersion", Some("10.0.26100.6899"), "10.0.26100.7171");
        book.device(&action);
    }
}
