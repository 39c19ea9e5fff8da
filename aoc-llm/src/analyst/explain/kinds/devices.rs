//! Devices and what Intune does to them.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["cancelWipe*"],
        &["A wipe that was asked for is not to happen; it may have begun."],
        &["Check the device."],
    ),
    Kind::new(
        &["*wipe*", "retire*", "Delete ManagedDevice", "*delete*ManagedDevice*"],
        &["Data on the device is or will be removed, or it is no longer managed."],
        &[
            "Ask the owner of the device; check that it was reported as lost or is given back.",
            "Where many were wiped at once: stop whoever did it.",
        ],
    ),
    Kind::new(
        &["*BitLocker*", "*recovery key*", "*LocalAdmin*", "*local admin*password*"],
        &["Whoever sees the key or password can open the device."],
        &["Ask whoever read it for the reason; rotate it afterwards."],
    ),
    Kind::new(
        &["*Compliance*Polic*", "*CompliancePolicies*", "*DeviceComplianceScript*"],
        &["Which devices count as safe may have changed, and with it who may sign in."],
        &["Compare the policy before and after; look at devices that became compliant since."],
    ),
    Kind::new(
        &[
            "*ConfigurationPolicy*",
            "*DeviceConfiguration*",
            "*Intent*",
            "*EnrollmentConfiguration*",
            "*UpdateForBusiness*",
            "*DeviceManagementScript*",
            "*DeviceHealthScript*",
        ],
        &[
            "Settings of many devices may change as they next report; scripts run with the rights of the system.",
        ],
        &["Look at the values before and after, and at the groups it is assigned to."],
    ),
    Kind::new(
        &["*MobileApp*"],
        &["Programs are put on devices or taken from them."],
        &["Check the program, its source and the groups it is assigned to."],
    ),
    Kind::new(
        &["*Certificate*"],
        &["A certificate by which a device or service proves itself was made or changed."],
        &["Check which device or connector it is for."],
    ),
    Kind::new(
        &["Delete device*", "Disable device*", "disable ManagedDevice"],
        &["The device can no longer be used to sign in."],
        &["Check that it was meant; the owner may be locked out."],
    ),
    Kind::new(
        &[
            "Add device*",
            "Register device*",
            "Create ManagedDevice",
            "*registered owner*",
            "*registered users*",
            "Enable device*",
        ],
        &["A device is known to the organisation; rules that ask for known devices let it in."],
        &["Ask the owner whether it is theirs."],
    ),
    Kind::new(
        &["Update device*", "*ManagedDevice*", "Rename device*"],
        &["What is known of a device has changed, or it was told to do something."],
        &["Look at the values before and after if the device is not compliant or managed any longer."],
    ),
];
