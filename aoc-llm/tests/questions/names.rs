//! Who acts, and whom it is done to.

use aoc_llm::analyst::Vocabulary;

use super::read;

fn known() -> Vocabulary {
    let actors = [
        "ben.fischer@contoso.com",
        "ana.berg@contoso.com",
        "ana.roth@contoso.com",
        "Microsoft Intune",
        "joey@contoso.com",
    ];
    let services = ["SignIn", "UserManagement", "RoleManagement", "Exchange", "Directory", "SharePoint"];
    Vocabulary {
        actors: actors.map(str::to_owned).to_vec(),
        services: services.map(str::to_owned).to_vec(),
        operations: vec!["UserLoginFailed".to_owned()],
    }
}

#[test]
fn grammar_tells_actors_from_targets() {
    let ben = "ben.fischer@contoso.com";
    for (question, actor, search) in [
        ("what did Ben do", ben, ""),
        ("what did ben fischer change yesterday", ben, ""),
        ("password resets by Ben Fischer", ben, ""),
        ("changes made by ben.fischer", "ben.fischer", ""),
        ("sign-ins of Ben", ben, ""),
        ("Ben's sign-ins", ben, ""),
        ("Ben deleted which users?", ben, ""),
        ("who changed Ben's password", "", "ben"),
        ("who reset the password of Ben Fischer", "", "ben fischer"),
        ("who added Ben Fischer to a group", "", "ben fischer"),
        ("was Ben removed from a role", "", "ben"),
        ("has Ben been disabled", "", "ben"),
        ("licence changes for ben@contoso.com", "", "ben@contoso.com"),
        ("everything by Microsoft Intune", "Microsoft Intune", ""),
        ("what failed in Microsoft Exchange", "", ""),
        ("what did Mia Nowak do", "nowak", ""),
        ("who deleted Mia Nowak", "", "Mia Nowak"),
        ("who changed the policy \"Block all\"", "", "\"Block all\""),
        ("what did 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 change", "", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
        ("role changes not by Ben", "", ""),
        ("whats ben been up to", ben, ""),
        ("fischer yesterday", ben, ""),
        ("ben@contoso.com activity in October", "ben@contoso.com", ""),
        ("exchange activity of Ben", ben, ""),
        ("the last 20 things Ben Fischer did", ben, ""),
        ("what did bob do", "bob", ""),
        ("did mallory sign in", "mallory", ""),
        ("who gave bob mailbox access", "", "bob"),
        ("from where did joey sign in", "joey@contoso.com", ""),
        ("who opened Budget 2027.xlsx", "", "Budget 2027.xlsx"),
    ] {
        let filter = read(question, &known()).filter;
        let told = (filter.actor.as_deref().unwrap_or_default(), filter.search.as_str());
        assert_eq!(told, (actor, search), "{question}");
    }
}

#[test]
fn a_kind_before_a_name_does_not_narrow_but_a_subject_does() {
    for (question, services) in [
        ("what happened to device CON-AT-480D", &[][..]),
        ("what was changed on the group SG-VPN-Users", &[]),
        ("what did the user Ben do", &[]),
        ("role changes by Ben", &["RoleManagement"]),
        ("role changes for Ben", &["RoleManagement"]),
        ("sign-ins on device CON-AT-480D", &["SignIn"]),
    ] {
        let plan = read(question, &Vocabulary { services: Vec::new(), ..known() });
        let broad = plan.notes.iter().any(|note| note.contains("broad"));
        assert!(broad || plan.filter.service.iter().take(1).eq(services), "{question}: {plan:?}");
    }
}

#[test]
fn names_work_without_knowing_any() {
    let nobody = Vocabulary::default();
    let plan = read("what did Ben Fischer change", &nobody);
    assert_eq!(plan.filter.actor.as_deref(), Some("fischer"));
    assert!(plan.notes.iter().any(|note| note.contains("Ben Fischer")), "{:?}", plan.notes);
    assert_eq!(read("who reset Ben Fischer's password", &nobody).filter.search.as_str(), "Ben Fischer");
    assert_eq!(read("mails by ana@contoso.com", &nobody).filter.actor.as_deref(), Some("ana@contoso.com"));
}

#[test]
fn a_name_of_several_people_means_all_of_them_and_says_so() {
    let plan = read("what did Ana do", &known());
    assert_eq!(plan.filter.actor.as_deref(), Some("ana."));
    assert!(plan.notes.iter().any(|note| note.contains("ana.roth@contoso.com")), "{:?}", plan.notes);
}

#[test]
fn names_that_events_use_are_taken_as_they_are() {
    let filter = read("how many UserLoginFailed in RoleManagement", &known()).filter;
    assert_eq!(
        (filter.operation, filter.service),
        (vec!["UserLoginFailed".into()], vec!["RoleManagement".into()])
    );
}

#[test]
fn services_are_left_out_by_what_remains() {
    let plan = read("everything except sign-ins by Ben", &known());
    assert!(
        !plan.filter.service.contains(&"SignIn".to_owned()) && plan.filter.service.len() == 5,
        "{plan:?}"
    );
    let blind = read("everything except sign-ins by ben@contoso.com", &Vocabulary::default());
    assert!(blind.notes.iter().any(|note| note.contains("cannot leave that out")), "{:?}", blind.notes);
}

#[test]
fn roles_are_known_as_people_call_them() {
    for question in
        ["list global admins added this month", "who became Global Admin", "new company administrators"]
    {
        let filter = read(question, &known()).filter;
        assert_eq!(filter.search.as_str(), "\"Global Administrator\"", "{question}");
        assert!(filter.operation.iter().all(|name| name.contains("role")), "{filter:?}");
    }
}

#[test]
fn where_entra_is_not_collected_the_copies_of_office_365_are_taken_and_it_is_said() {
    let services = ["Exchange", "Directory", "SharePoint"].map(str::to_owned).to_vec();
    let known = Vocabulary { services, ..known() };
    let plan = read("failed logins today", &known);
    assert_eq!(plan.filter.operation, ["UserLoggedIn", "UserLoginFailed"]);
    assert!(
        plan.filter.service.is_empty() && plan.notes.iter().any(|note| note.contains("copies")),
        "{plan:?}"
    );
}
