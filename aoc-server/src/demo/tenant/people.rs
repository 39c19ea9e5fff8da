//! Who works at Contoso, and the ids Microsoft would have given them.

use super::places::{DENVER, DUBLIN, LISBON, Place, Site, VIENNA};
use super::random::{Random, guid_of};

/// The tenant's id.
pub const TENANT: &str = "c0470500-7e57-4de0-9a0c-00000c047050";
/// The tenant's first domain, the one Exchange names it by.
pub(super) const ORGANIZATION: &str = "contoso.onmicrosoft.com";

/// What somebody does all day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Identity,
    Messaging,
    Endpoint,
    Security,
    Helpdesk,
    People,
    Finance,
    Executive,
    Sales,
    Engineering,
    Partner,
    Guest,
    Intern,
}

impl Job {
    /// The word in the directory's department field.
    pub(super) fn department(self) -> &'static str {
        match self {
            Self::Identity | Self::Messaging | Self::Endpoint | Self::Security | Self::Helpdesk => "IT",
            Self::People => "Human Resources",
            Self::Finance => "Finance",
            Self::Executive => "Management",
            Self::Sales => "Sales",
            Self::Engineering | Self::Intern => "Engineering",
            Self::Partner | Self::Guest => "External",
        }
    }
}

/// The hours somebody works, in local time: from, to.
pub(super) type Shift = (i64, i64);

const DAY: Shift = (8, 17);
const EARLY: Shift = (6, 14);
const LATE: Shift = (13, 21);

/// One person with an account in the tenant.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) upn: String,
    pub(super) id: String,
    /// The older id that Exchange and SharePoint use.
    pub(super) puid: String,
    pub(super) job: Job,
    pub(super) shift: Shift,
    pub(super) home: Place,
    pub(super) device: String,
    pub(super) device_id: String,
}

impl Person {
    /// Makes a person; everything else follows from the name.
    pub(super) fn new(name: &str, job: Job, site: &'static Site, shift: Shift) -> Self {
        let alias = name.to_lowercase().replace(' ', ".");
        let upn = match job {
            Job::Partner => format!("{alias}@proseware.com"),
            Job::Guest => format!("{alias}_fabrikam.com#EXT#@{ORGANIZATION}"),
            _ => format!("{alias}@contoso.com"),
        };
        let mut random = Random::of(&["person", &upn]);
        let id = random.guid();
        let puid = format!("10032002{}", random.hex(8));
        let home = Place { address: format!("{}.{}", site.homes, random.between(101, 190)), site };
        let device = format!("CON-{}-{}", site.country, random.hex(4));
        let device_id = random.guid();
        Self { name: name.to_owned(), upn, id, puid, job, shift, home, device, device_id }
    }

    /// The part of the sign-in name before the at sign.
    pub(super) fn alias(&self) -> &str {
        self.upn.split('@').next().unwrap_or(&self.upn)
    }

    /// Where the person is working from just now.
    pub(super) fn place(&self, random: &mut Random) -> Place {
        match random.below(10) {
            0..=5 => Place::office(self.home.site),
            6..=8 => self.home.clone(),
            _ => Place::mobile(self.home.site, random),
        }
    }
}

type Row = (&'static str, Job, &'static Site, Shift);

#[rustfmt::skip]
static STAFF: [Row; 40] = [
    ("Mara Lindqvist", Job::Identity, &VIENNA, EARLY),
    ("Oskar Brandl", Job::Identity, &VIENNA, LATE),
    ("Dana Whitfield", Job::Identity, &DENVER, DAY),
    ("Tiago Serrano", Job::Messaging, &LISBON, DAY),
    ("Helene Autischer", Job::Messaging, &VIENNA, DAY),
    ("Jonas Reiter", Job::Endpoint, &VIENNA, DAY),
    ("Carla Valadares", Job::Endpoint, &LISBON, LATE),
    ("Priya Ramanathan", Job::Security, &VIENNA, DAY),
    ("Emil Kovarik", Job::Security, &VIENNA, LATE),
    ("Felix Marbach", Job::Helpdesk, &VIENNA, EARLY),
    ("Ines Figueira", Job::Helpdesk, &LISBON, DAY),
    ("Rui Cascais", Job::Helpdesk, &LISBON, LATE),
    ("Tyler Okonjo", Job::Helpdesk, &DENVER, DAY),
    ("Birgit Hollenstein", Job::People, &VIENNA, DAY),
    ("Sofia Montenegro", Job::People, &LISBON, DAY),
    ("Agnes Rotter", Job::Finance, &VIENNA, DAY),
    ("Viktor Salmhofer", Job::Finance, &VIENNA, DAY),
    ("Leonor Quintas", Job::Finance, &LISBON, DAY),
    ("Grace Pemberton", Job::Finance, &DENVER, DAY),
    ("Katharina Wessely", Job::Executive, &VIENNA, DAY),
    ("Martin Oberhauser", Job::Executive, &VIENNA, DAY),
    ("Elena Duarte", Job::Executive, &LISBON, DAY),
    ("Noah Castellan", Job::Sales, &VIENNA, DAY),
    ("Lukas Ferstl", Job::Sales, &VIENNA, DAY),
    ("Beatriz Amaro", Job::Sales, &LISBON, DAY),
    ("Owen Halvorsen", Job::Sales, &DENVER, DAY),
    ("Maya Estrada", Job::Sales, &DENVER, DAY),
    ("Anton Gruber", Job::Engineering, &VIENNA, DAY),
    ("Yasmin Haddad", Job::Engineering, &VIENNA, DAY),
    ("Stefan Pichler", Job::Engineering, &VIENNA, DAY),
    ("Duarte Salgado", Job::Engineering, &LISBON, DAY),
    ("Filipa Noronha", Job::Engineering, &LISBON, DAY),
    ("Wei Zhang", Job::Engineering, &VIENNA, LATE),
    ("Paul Eckhart", Job::Engineering, &VIENNA, DAY),
    ("Nadia Torres", Job::Engineering, &DENVER, DAY),
    ("Noreen Walsh", Job::Partner, &DUBLIN, DAY),
    ("Declan Byrne", Job::Partner, &DUBLIN, LATE),
    ("Lena Hofer", Job::Guest, &DUBLIN, DAY),
    ("Marcus Thiele", Job::Guest, &DUBLIN, DAY),
    ("Joana Pires", Job::Guest, &DUBLIN, DAY),
];

/// Everybody with an account on one day.
pub(super) struct People {
    everybody: Vec<Person>,
}

impl People {
    /// The permanent staff and those who are with us for some weeks.
    pub(super) fn with(interns: Vec<Person>) -> Self {
        let mut everybody: Vec<Person> =
            STAFF.iter().map(|(name, job, site, shift)| Person::new(name, *job, site, *shift)).collect();
        everybody.extend(interns);
        Self { everybody }
    }

    /// Everybody.
    pub(super) fn all(&self) -> &[Person] {
        &self.everybody
    }

    /// Somebody by name; the first of the staff when nobody has it.
    pub(super) fn named(&self, name: &str) -> &Person {
        self.everybody.iter().find(|person| person.name == name).unwrap_or(&self.everybody[0])
    }

    /// Somebody who does one of these jobs.
    pub(super) fn one_of(&self, jobs: &[Job], random: &mut Random) -> &Person {
        let fitting: Vec<&Person> =
            self.everybody.iter().filter(|person| jobs.contains(&person.job)).collect();
        fitting.get(random.below(fitting.len())).unwrap_or(&&self.everybody[0])
    }

    /// Somebody of the company itself, no guest and no partner.
    pub(super) fn colleague(&self, random: &mut Random) -> &Person {
        let own: Vec<&Person> =
            self.everybody.iter().filter(|person| !matches!(person.job, Job::Guest | Job::Partner)).collect();
        own.get(random.below(own.len())).unwrap_or(&&self.everybody[0])
    }
}

/// An application that acts in the tenant under its own name.
#[derive(Clone, Debug)]
pub(super) struct App {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) principal: String,
}

impl App {
    /// An application of the tenant; the ids follow from the name.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), id: guid_of("app", name), principal: guid_of("principal", name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nobody_shares_a_name_or_an_id() {
        let people = People::with(Vec::new());
        let names: HashSet<&str> = people.all().iter().map(|person| person.upn.as_str()).collect();
        let ids: HashSet<&str> = people.all().iter().map(|person| person.id.as_str()).collect();
        assert_eq!((names.len(), ids.len()), (STAFF.len(), STAFF.len()));
    }

    #[test]
    fn every_job_of_the_staff_has_somebody() {
        let people = People::with(Vec::new());
        let mut random = Random::of(&["jobs"]);
        assert_eq!(people.one_of(&[Job::Security], &mut random).job, Job::Security);
        assert_eq!(people.one_of(&[Job::Partner], &mut random).job, Job::Partner);
    }
}
