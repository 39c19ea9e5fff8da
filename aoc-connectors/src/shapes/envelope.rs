//! What is around a record: an Azure Monitor line, or the columns of a Log Analytics row.

use std::borrow::Cow;

use aoc_core::{Error, Result};
use serde::Deserialize;

use super::Kind;
use crate::common::{
    address,
    members::{Members, Names, Raw, unquote},
    names::named,
};

/// A record in a shape that is not the API's own.
pub(crate) struct Envelope<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    members: Members<'a, Part, { Part::Other as usize }>,
}

/// Names of members of lines (small first letter) and rows (capital first letter).
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
pub(crate) enum Part {
    #[serde(rename = "properties")]
    LineProperties,
    #[serde(rename = "category")]
    LineCategory,
    #[serde(rename = "tenantId")]
    LineTenant,
    #[serde(rename = "resourceId", alias = "ResourceId", alias = "_ResourceId")]
    ResourceId,
    #[serde(rename = "callerIpAddress")]
    Caller,
    #[serde(rename = "time", alias = "TimeGenerated", alias = "TimeGenerated [UTC]")]
    Time,
    #[serde(rename = "operationName", alias = "OperationName")]
    OperationName,
    #[serde(rename = "resultType", alias = "ResultType")]
    ResultType,
    #[serde(rename = "correlationId", alias = "CorrelationId")]
    CorrelationId,
    Properties,
    Type,
    #[serde(rename = "AADTenantId")]
    DirectoryTenant,
    OfficeWorkload,
    InitiatedBy,
    TargetResources,
    ActivityDisplayName,
    ConditionalAccessStatus,
    CreatedDateTime,
    AppDisplayName,
    AuditData,
    #[serde(other)]
    Other,
}

impl Names for Part {
    fn place(self) -> usize {
        self as usize
    }
}

/// What tells an Intune audit event from a directory audit in the same category.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
enum Mark {
    AuditEventId,
    TargetObjectIds,
    ActivityResultStatus,
    #[serde(other)]
    Other,
}

impl Names for Mark {
    fn place(self) -> usize {
        self as usize
    }
}

impl<'a> Envelope<'a> {
    /// Reads the members around the record.
    ///
    /// # Errors
    /// When the text is no object.
    pub(crate) fn read(text: &'a str) -> Result<Self> {
        let members = Members::read(text).ok_or_else(|| Error::invalid(no_object(text)))?;
        Ok(Self { text, members })
    }

    /// Whose record it is.
    ///
    /// # Errors
    /// When it is nobody's; the sentence names what it is.
    pub(crate) fn kind(&self) -> Result<Kind> {
        if let Some(category) = self.line_category() {
            return self.kind_of_line(&category);
        }
        let table = self.members.get(Part::Type).text().filter(|_| self.is_row());
        let by_table = table.as_deref().and_then(kind_of_table);
        by_table
            .or_else(|| self.kind_by_columns())
            .ok_or_else(|| Error::invalid(self.stranger(table.as_deref())))
    }

    /// Whether it is a row of a table, else it is a line of an export.
    pub(crate) fn is_row(&self) -> bool {
        !self.members.has(Part::LineProperties)
    }

    /// The directory it is from. A row's `TenantId` is its workspace, no directory.
    pub(crate) fn tenant(&self) -> Option<String> {
        let own = named(self.members.first(&[Part::LineTenant, Part::DirectoryTenant]));
        own.map(Cow::into_owned).or_else(|| {
            let resource = self.members.get(Part::ResourceId).text()?;
            let mut parts = resource.split('/').skip_while(|part| !part.eq_ignore_ascii_case("tenants"));
            parts.nth(1).filter(|tenant| !tenant.is_empty()).map(str::to_lowercase)
        })
    }

    /// The caller's address.
    pub(crate) fn address(&self) -> Option<String> {
        self.members.get(Part::Caller).text().and_then(|text| address::clean(&text))
    }

    /// One member.
    pub(crate) fn get(&self, name: Part) -> Raw<'a> {
        self.members.get(name)
    }

    /// The text of the enveloped object, also where it is JSON in a string.
    pub(crate) fn properties(&self) -> Option<Cow<'a, str>> {
        let properties = [Part::LineProperties, Part::Properties].map(|name| self.members.get(name).whole());
        let whole = properties.into_iter().flatten().next()?;
        match whole.as_bytes().first()? {
            b'{' => Some(Cow::Borrowed(whole)),
            b'"' => Some(unquote(whole)),
            _ => None,
        }
    }

    fn line_category(&self) -> Option<Cow<'a, str>> {
        let category = self.members.get(Part::LineCategory).text();
        category.filter(|_| self.members.has(Part::LineProperties))
    }

    fn kind_of_line(&self, category: &str) -> Result<Kind> {
        match category {
            "AuditLogs" if self.is_intune() => Ok(Kind::IntuneAudit),
            "AuditLogs" => Ok(Kind::EntraAudit),
            "SignInLogs"
            | "NonInteractiveUserSignInLogs"
            | "ServicePrincipalSignInLogs"
            | "ManagedIdentitySignInLogs"
            | "ADFSSignInLogs" => Ok(Kind::EntraSignIns),
            other => {
                let known = format!("Azure Monitor category `{other}` is no audit log that AOC reads");
                Err(Error::invalid(known))
            }
        }
    }

    fn is_intune(&self) -> bool {
        let properties = self.properties();
        let marks: Option<Members<'_, Mark, { Mark::Other as usize }>> =
            properties.as_deref().and_then(Members::read);
        marks.is_some_and(|marks| {
            marks.count(&[Mark::AuditEventId, Mark::TargetObjectIds, Mark::ActivityResultStatus]) > 0
        })
    }

    /// Rows exported by hand may lack the column that names their table, or a query put another thing there.
    fn kind_by_columns(&self) -> Option<Kind> {
        let has = |names: &[Part]| self.members.count(names) == names.len();
        match () {
            () if has(&[Part::OfficeWorkload]) => Some(Kind::Office365),
            () if has(&[Part::InitiatedBy, Part::TargetResources]) => Some(Kind::EntraAudit),
            () if has(&[Part::ActivityDisplayName]) => Some(Kind::EntraAudit),
            () if has(&[Part::ConditionalAccessStatus, Part::ResultType]) => Some(Kind::EntraSignIns),
            () if has(&[Part::CreatedDateTime, Part::AppDisplayName]) => Some(Kind::EntraSignIns),
            () if has(&[Part::Properties, Part::OperationName]) && self.is_intune() => {
                Some(Kind::IntuneAudit)
            }
            () => None,
        }
    }

    fn stranger(&self, table: Option<&str>) -> String {
        if let Some(table) = table.filter(|_| self.members.has(Part::Time)) {
            return format!("Log Analytics table `{table}` is no audit log that AOC reads");
        }
        if self.members.has(Part::AuditData) {
            return "a row of an audit export whose `AuditData` is no whole JSON object".to_owned();
        }
        "no audit record that AOC knows: neither members of Entra, Intune or Office 365 records nor an envelope of Azure \
         Monitor or Log Analytics"
            .to_owned()
    }
}

fn kind_of_table(table: &str) -> Option<Kind> {
    match table {
        "AuditLogs" => Some(Kind::EntraAudit),
        "IntuneAuditLogs" => Some(Kind::IntuneAudit),
        "OfficeActivity" => Some(Kind::Office365),
        "SigninLogs"
        | "AADNonInteractiveUserSignInLogs"
        | "AADServicePrincipalSignInLogs"
        | "AADManagedIdentitySignInLogs"
        | "ADFSSignInLogs" => Some(Kind::EntraSignIns),
        _ => None,
    }
}

fn no_object(text: &str) -> String {
    let what = match text.as_bytes().first() {
        Some(b'"') => "text that is no JSON",
        Some(b'[') => "a JSON array",
        Some(b'{') => "an object whose member names cannot be read",
        Some(b't' | b'f') => "a JSON boolean",
        Some(b'n') => "null",
        _ => "a JSON number",
    };
    format!("no audit record but {what}")
}
