using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Who owned a VM's files before its first move. It is kept with the intent of that move, and holds for all unfinished
/// operations together: whoever continues after a death finds files that the old side's libvirt has given away by then.
/// </summary>
internal sealed class OwnerNotes(SwapSession session)
{
    /// <summary>The journal's step that carries a note.</summary>
    public const string Step = "migrate";

    /// <summary>What an unfinished operation has noted first; nothing where none has.</summary>
    public DiskOwners Of(Guid uuid) => session.Journal.UnfinishedOperations()
        .Reverse()
        .SelectMany(operation => session.Journal.Entries(operation.Id))
        .Where(entry => string.Equals(entry.Step, Step, StringComparison.Ordinal) && string.Equals(entry.Subject, uuid.ToString(), StringComparison.Ordinal))
        .Select(entry => DiskOwners.Parse(entry.DetailJson))
        .FirstOrDefault(owners => !owners.IsEmpty) ?? DiskOwners.None;

    /// <summary>Gives the files that have another owner now back, as the new side sees them.</summary>
    public async Task RestoreAsync(Guid uuid, DiskOwners owners)
    {
        foreach (var (path, before, now) in owners.Changed(session.Kernel, session.Target.InitPid))
        {
            await session.Log.DoAsync("restore-owner", uuid.ToString(), () =>
            {
                session.Kernel.ChangeOwner(session.Target.InitPid, path, before.User, before.Group);
                return Task.FromResult($"{path} belongs to {before.Owner} again, not to {now.Owner}");
            });
        }
    }
}
