namespace HostSwap.Orchestrator.Notifying;

/// <summary>What a notice tells.</summary>
public enum NoticeKind
{
    /// <summary>Something was done.</summary>
    Success,

    /// <summary>Something failed.</summary>
    Failure,

    /// <summary>Something was not begun, since somebody or something spoke against it.</summary>
    Veto,

    /// <summary>A hold ends soon.</summary>
    HoldExpiring,

    /// <summary>Somebody wants to see whether notices arrive.</summary>
    Test,
}

/// <summary>The words for kinds of notices, in the configuration and in documents.</summary>
public static class NoticeKinds
{
    private static readonly (string Word, NoticeKind Kind)[] All =
    [
        ("success", NoticeKind.Success),
        ("failure", NoticeKind.Failure),
        ("veto", NoticeKind.Veto),
        ("hold-expiring", NoticeKind.HoldExpiring),
        ("test", NoticeKind.Test),
    ];

    /// <summary>Those of which a target can say whether it wants them; a test goes wherever the operator sends it.</summary>
    public static readonly IReadOnlyList<NoticeKind> Choosable = [.. All.Select(static pair => pair.Kind).Where(static kind => kind != NoticeKind.Test)];

    /// <summary>What is allowed, for error messages.</summary>
    public static readonly string Allowed = $"allowed are {string.Join(", ", Choosable.Select(static kind => $"\"{Word(kind)}\""))}";

    /// <summary>The word for a kind.</summary>
    public static string Word(NoticeKind kind) => Array.Find(All, pair => pair.Kind == kind).Word;

    /// <summary>The kind that a target can choose by a word; null where it is none.</summary>
    public static NoticeKind? Find(string word) => Parse(word) is { } kind && Choosable.Contains(kind) ? kind : null;

    /// <summary>The kind of a word; null where it is none.</summary>
    internal static NoticeKind? Parse(string? word)
    {
        var index = Array.FindIndex(All, pair => string.Equals(pair.Word, word, StringComparison.Ordinal));
        return index < 0 ? null : All[index].Kind;
    }
}
