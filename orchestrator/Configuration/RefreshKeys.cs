namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of the tables that stand once for each window, veto and hook.</summary>
internal static class RefreshKeys
{
    public const string Start = "start";
    public const string Length = "duration";
    public const string Command = "command";
    public const string Unit = "unit";
    public const string File = "file";
    public const string Deadline = "deadline";
    public const string When = "when";
    public const string OnFailure = "on_failure";

    /// <summary><c>[window."NAME"]</c>.</summary>
    public static readonly NamedTable Windows = new("window", "window", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Start] = ValueKind.Text,
        [Length] = ValueKind.Text,
    });

    /// <summary><c>[veto."NAME"]</c>.</summary>
    public static readonly NamedTable Vetoes = new("veto", "veto", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Command] = ValueKind.TextList,
        [Unit] = ValueKind.Text,
        [File] = ValueKind.Text,
        [Deadline] = ValueKind.Text,
    });

    /// <summary><c>[hook."NAME"]</c>.</summary>
    public static readonly NamedTable Hooks = new("hook", "hook", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [When] = ValueKind.Text,
        [Command] = ValueKind.TextList,
        [Deadline] = ValueKind.Text,
        [OnFailure] = ValueKind.Text,
    });
}
