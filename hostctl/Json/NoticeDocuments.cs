using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Notifying;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl notify list --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/notices/1</c>.</param>
/// <param name="Notices">What waits, the longest first.</param>
internal sealed record NoticeListDocument(string Schema, IReadOnlyList<WaitingNoticeDto> Notices)
{
    /// <summary>Maps what waits.</summary>
    public static NoticeListDocument From(IReadOnlyList<WaitingNotice> waiting) => new("hostswap/notices/1", [.. waiting.Select(WaitingNoticeDto.From)]);
}

/// <summary>A notice that one target has still to get.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Subject">It in one line: untrusted text.</param>
/// <param name="Target">Who is to get it.</param>
/// <param name="At">When it happened.</param>
/// <param name="Operation">The operation that it is about; absent where it is about none.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="NotBefore">When it is tried again.</param>
/// <param name="LastError">Why the last attempt failed: untrusted text.</param>
internal sealed record WaitingNoticeDto(
    string Id, string Kind, string Subject, string Target, DateTimeOffset At, long? Operation, int Attempts, DateTimeOffset NotBefore, string? LastError)
{
    /// <summary>Maps it.</summary>
    public static WaitingNoticeDto From(WaitingNotice waiting) => new(
        waiting.Notice.Id,
        NoticeKinds.Word(waiting.Notice.Kind),
        waiting.Notice.Subject,
        waiting.Target,
        waiting.Notice.At,
        waiting.Notice.Operation,
        waiting.Attempts,
        waiting.NotBefore,
        waiting.LastError);
}

/// <summary><c>hostctl notify test --format json</c> and <c>notify deliver --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/notice-attempts/1</c>.</param>
/// <param name="Attempts">What each target answered.</param>
internal sealed record NoticeAttemptsDocument(string Schema, IReadOnlyList<NoticeAttemptDto> Attempts)
{
    /// <summary>Maps what was tried.</summary>
    public static NoticeAttemptsDocument From(IReadOnlyList<NoticeAttempt> attempts) => new("hostswap/notice-attempts/1", [.. attempts.Select(NoticeAttemptDto.From)]);
}

/// <summary>One attempt.</summary>
/// <param name="Id">The notice's name.</param>
/// <param name="Subject">What it says: untrusted text.</param>
/// <param name="Target">The target.</param>
/// <param name="Outcome"><c>delivered</c>, <c>failed</c> or <c>given-up</c>.</param>
/// <param name="Answer">What the target answered, or what went wrong: untrusted text.</param>
/// <param name="NextAt">When it is tried again; absent where it is not.</param>
internal sealed record NoticeAttemptDto(string Id, string Subject, string Target, string Outcome, string Answer, DateTimeOffset? NextAt)
{
    /// <summary>Maps it.</summary>
    public static NoticeAttemptDto From(NoticeAttempt attempt) =>
        new(attempt.NoticeId, attempt.Subject, attempt.Target, Words.Of(attempt.Outcome), attempt.Answer, attempt.NextAt);
}
