namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of <c>[notify."NAME"]</c>: a table for each target of notices.</summary>
internal static class NotifyKeys
{
    public const string Mail = "mail";
    public const string From = "from";
    public const string Sendmail = "sendmail";
    public const string Webhook = "webhook";
    public const string Secret = "secret_file";
    public const string Command = "command";
    public const string On = "on";
    public const string Deadline = "deadline";

    /// <summary>The tables.</summary>
    public static readonly NamedTable Table = new("notify", "target of notices", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Mail] = ValueKind.Text,
        [From] = ValueKind.Text,
        [Sendmail] = ValueKind.Text,
        [Webhook] = ValueKind.Text,
        [Secret] = ValueKind.Text,
        [Command] = ValueKind.TextList,
        [On] = ValueKind.TextList,
        [Deadline] = ValueKind.Text,
    });
}
