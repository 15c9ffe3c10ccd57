using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Tells those whom the configuration names. What is to be told is written down first, and delivered then, or tried again by
/// later calls, at growing distances; so telling needs no process that lives on, and hinders nothing.
/// </summary>
/// <param name="targets">Whom to tell.</param>
/// <param name="directory">Where notices wait.</param>
/// <param name="time">The clock.</param>
/// <param name="open">Makes the channel of an address.</param>
public sealed class Notifier(IReadOnlyList<NotifyTarget> targets, string directory, TimeProvider time, Func<NotifyAddress, INoticeChannel> open)
{
    /// <summary>For how long a notice is tried; what nobody took by then is of no use any more.</summary>
    public static readonly TimeSpan GivenUpAfter = TimeSpan.FromDays(3);

    /// <summary>The pauses after each failed attempt; the last one is kept to.</summary>
    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6)];

    private readonly OutboxFiles _outbox = new(directory);

    /// <summary>Makes one with the real channels.</summary>
    public static Notifier Make(HostSwapSettings settings, TimeProvider time) =>
        new(settings.Notify, settings.Paths.Outbox, time, address => NoticeChannels.Open(address, time));

    /// <summary>Has a notice wait for every target that wants it. When this returns it is on disk.</summary>
    /// <exception cref="EnvironmentException">It cannot be written.</exception>
    public void Enqueue(Notice notice)
    {
        var now = time.GetUtcNow();
        foreach (var target in targets.Where(target => target.Wants(notice.Kind)))
            _outbox.Put(new WaitingNotice(notice, target.Name, now, Attempts: 0, now, LastError: null));
    }

    /// <summary>What waits, the longest first.</summary>
    /// <exception cref="EnvironmentException">It cannot be read.</exception>
    public IReadOnlyList<WaitingNotice> Waiting() => _outbox.All().Waiting;

    /// <summary>Delivers what is due, to all targets at once; to one target one after the other, and after a failure no more of it.</summary>
    /// <param name="cancellationToken">Ends it; an attempt that it ends does not count.</param>
    /// <param name="first">Is done before, by whoever delivers alone.</param>
    /// <exception cref="EnvironmentException">What waits cannot be read or written. A failed delivery is no exception.</exception>
    public async Task<NoticeDelivery> DeliverDueAsync(CancellationToken cancellationToken, Action? first = null)
    {
        using var alone = _outbox.TryLock();
        if (alone is null)
            return new NoticeDelivery(Busy: true, []);
        first?.Invoke();
        var attempts = new List<NoticeAttempt>();
        var seen = new HashSet<(string, string)>();
        // Again, since others may have put more there meanwhile, who found this one at it.
        while (Due(seen, attempts) is [_, ..] due)
        {
            var rounds = await Task.WhenAll(due
                .GroupBy(static waiting => waiting.Target, StringComparer.Ordinal)
                .Select(group => DeliverAsync(group.Key, [.. group], cancellationToken)));
            attempts.AddRange(rounds.SelectMany(static round => round));
        }

        return new NoticeDelivery(Busy: false, attempts);
    }

    /// <summary>Sends a test past what waits, and tells what each target answered.</summary>
    /// <param name="name">The target; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UsageException">There is no such target.</exception>
    public async Task<IReadOnlyList<NoticeAttempt>> TestAsync(string? name, CancellationToken cancellationToken)
    {
        var chosen = targets.Where(target => name is null || string.Equals(target.Name, name, StringComparison.Ordinal)).ToList();
        if (name is not null && chosen is [])
        {
            throw new UsageException(
                $"the configuration has no target {Notice.OneLine(name, NameLength)}",
                targets.Count == 0 ? "Add a table [notify.\"NAME\"]." : $"There are {string.Join(", ", targets.Select(static target => target.Name))}.");
        }

        var notice = Notice.Make(NoticeKind.Test, time.GetUtcNow(), "a test of HostSwap's notices", ["Somebody has run 'hostctl notify test'. Nothing has happened."]);
        return await Task.WhenAll(chosen.Select(async target =>
        {
            var (answer, failure) = await TryAsync(target, notice, cancellationToken);
            return new NoticeAttempt(notice.Id, notice.Subject, target.Name, failure is null ? NoticeOutcome.Delivered : NoticeOutcome.Failed, answer, failure?.Remedy ?? "", NextAt: null);
        }));
    }

    private const int NameLength = 64;

    private List<WaitingNotice> Due(HashSet<(string Id, string Target)> seen, List<NoticeAttempt> attempts)
    {
        var now = time.GetUtcNow();
        var (waiting, damaged) = _outbox.All();
        foreach (var path in damaged)
            attempts.Add(new NoticeAttempt("", "", "", NoticeOutcome.GivenUp, $"{path} cannot be read as a notice", $"It is {OutboxFiles.SetAside(path)} now.", NextAt: null));
        // One that lies further ahead than any pause is of a clock that has been put back.
        return [.. waiting.Where(notice => (notice.NotBefore <= now || notice.NotBefore > now + Pauses[^1]) && seen.Add((notice.Notice.Id, notice.Target)))];
    }

    private async Task<List<NoticeAttempt>> DeliverAsync(string name, List<WaitingNotice> due, CancellationToken cancellationToken)
    {
        var attempts = new List<NoticeAttempt>();
        var target = targets.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));
        foreach (var waiting in due)
        {
            var attempt = target is null ? Orphan(waiting) : await DeliverAsync(target, waiting, cancellationToken);
            attempts.Add(attempt);
            // The others would most likely wait for the same deadline; each later call begins with another one.
            if (target is not null && attempt.Outcome != NoticeOutcome.Delivered)
                break;
        }

        return attempts;
    }

    private NoticeAttempt Orphan(WaitingNotice waiting)
    {
        _outbox.Remove(waiting);
        return new NoticeAttempt(
            waiting.Notice.Id, waiting.Notice.Subject, waiting.Target, NoticeOutcome.GivenUp, "the configuration has no such target any more", "", NextAt: null);
    }

    private async Task<NoticeAttempt> DeliverAsync(NotifyTarget target, WaitingNotice waiting, CancellationToken cancellationToken)
    {
        var (answer, failure) = await TryAsync(target, waiting.Notice, cancellationToken);
        var now = time.GetUtcNow();
        var old = now - waiting.QueuedAt >= GivenUpAfter;
        if (failure is null || old)
        {
            _outbox.Remove(waiting);
            return Attempt(failure is null ? NoticeOutcome.Delivered : NoticeOutcome.GivenUp, next: null);
        }

        var next = now + Pauses[Math.Min(waiting.Attempts, Pauses.Length - 1)];
        _outbox.Put(waiting with { Attempts = waiting.Attempts + 1, NotBefore = next, LastError = answer });
        return Attempt(NoticeOutcome.Failed, next);

        NoticeAttempt Attempt(NoticeOutcome outcome, DateTimeOffset? next) =>
            new(waiting.Notice.Id, waiting.Notice.Subject, waiting.Target, outcome, answer, failure?.Remedy ?? "", next);
    }

    /// <returns>What the target answered, or what went wrong, and that.</returns>
    private async Task<(string Answer, HostSwapException? Failure)> TryAsync(NotifyTarget target, Notice notice, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(target.Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return (await open(target.Address).SendAsync(notice, either.Token), null);
        }
        catch (HostSwapException exception)
        {
            return (exception.Message, exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var late = new DeadlineException($"an answer of the target {target.Name}", target.Deadline, "nothing");
            return (late.Message, late);
        }
    }
}
