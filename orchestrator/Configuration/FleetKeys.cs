namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of <c>[fleet]</c>.</summary>
internal static class FleetKeys
{
    public const string Service = "fleet.service";
    public const string Endpoints = "fleet.endpoints";
    public const string Group = "fleet.group";
    public const string Limit = "fleet.limit";
    public const string Member = "fleet.member";
    public const string TimeToLive = "fleet.ttl";
    public const string Wait = "fleet.wait";
    public const string Deadline = "fleet.deadline";
    public const string AuthorityFile = "fleet.ca_file";
    public const string CertificateFile = "fleet.cert_file";
    public const string KeyFile = "fleet.key_file";
    public const string User = "fleet.user";
    public const string PasswordFile = "fleet.password_file";

    /// <summary>The keys with the form of their values.</summary>
    public static readonly IReadOnlyDictionary<string, ValueKind> Kinds = new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Service] = ValueKind.Text,
        [Endpoints] = ValueKind.TextList,
        [Group] = ValueKind.Text,
        [Limit] = ValueKind.Integer,
        [Member] = ValueKind.Text,
        [TimeToLive] = ValueKind.Text,
        [Wait] = ValueKind.Text,
        [Deadline] = ValueKind.Text,
        [AuthorityFile] = ValueKind.Text,
        [CertificateFile] = ValueKind.Text,
        [KeyFile] = ValueKind.Text,
        [User] = ValueKind.Text,
        [PasswordFile] = ValueKind.Text,
    };
}
