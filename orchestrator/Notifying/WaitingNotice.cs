namespace HostSwap.Orchestrator.Notifying;

/// <summary>A notice that one target has still to get.</summary>
/// <param name="Notice">It.</param>
/// <param name="Target">The target's name in the configuration.</param>
/// <param name="QueuedAt">Since when it waits.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="NotBefore">When it is tried again.</param>
/// <param name="LastError">Why the last attempt failed: untrusted text; null where there was none.</param>
public sealed record WaitingNotice(Notice Notice, string Target, DateTimeOffset QueuedAt, int Attempts, DateTimeOffset NotBefore, string? LastError);

/// <summary>One attempt to deliver one notice to one target.</summary>
/// <param name="NoticeId">The notice's name.</param>
/// <param name="Subject">What it says.</param>
/// <param name="Target">The target.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Answer">What the target answered, or what went wrong: untrusted text.</param>
/// <param name="Remedy">What to do about it; empty where nothing needs to be done.</param>
/// <param name="NextAt">When it is tried again; null where it is not.</param>
public sealed record NoticeAttempt(string NoticeId, string Subject, string Target, NoticeOutcome Outcome, string Answer, string Remedy, DateTimeOffset? NextAt);

/// <summary>How an attempt ended.</summary>
public enum NoticeOutcome
{
    /// <summary>The target has it.</summary>
    Delivered,

    /// <summary>The target may not have it; it is tried again, unless it was a test.</summary>
    Failed,

    /// <summary>The target may not have it, and it is not tried again.</summary>
    GivenUp,
}

/// <summary>What came of delivering what was due.</summary>
/// <param name="Busy">Whether another hostctl was at it, so that nothing was done here.</param>
/// <param name="Attempts">The attempts; empty where nothing was due.</param>
public sealed record NoticeDelivery(bool Busy, IReadOnlyList<NoticeAttempt> Attempts);
