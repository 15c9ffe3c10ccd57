namespace HostSwap.Lab.Witnessing;

/// <summary>
/// Judges the order in which the processes of one VM executed. Ownership may only be handed on: once a second process
/// has executed after a first one, the first must never execute again. Processes that run at the same time are
/// therefore caught at the latest in the window after the one in which the second began, since the first is then
/// seen again.
/// </summary>
public sealed class OwnershipTrace(Guid uuid)
{
    private readonly List<int> _executed = [];

    /// <summary>The VM.</summary>
    public Guid Uuid { get; } = uuid;

    /// <summary>The process that executed last; null where none did.</summary>
    public int? Owner => _executed.Count == 0 ? null : _executed[^1];

    /// <summary>
    /// Takes in which processes executed within one window. Where the owner and a new process both did, the order
    /// within the window is not known, and the handing on is taken to have happened in it.
    /// </summary>
    /// <returns>A process that executed though it had been followed by another; null where all is well.</returns>
    public DoubleRun? Observe(ReadOnlySpan<int> processes, long at)
    {
        DoubleRun? doubleRun = null;
        var before = Owner;
        foreach (var process in processes)
        {
            if (process == before) continue;
            if (_executed.Contains(process))
            {
                doubleRun = new DoubleRun(Uuid, process, Owner ?? 0, at);
                continue;
            }

            // Two newcomers at once, beside each other, have no owner to take over from.
            if (before is not null && Owner != before) doubleRun = new DoubleRun(Uuid, Owner ?? 0, process, at);
            _executed.Add(process);
        }

        return doubleRun;
    }
}
