using System.Collections.Concurrent;
using System.Globalization;
using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// The log that libvirt keeps of each VM (<c>/var/log/libvirt/qemu/NAME.log</c>): what was written before a VM leaves is in
/// the file to which the new side's libvirt then appends. What the new side had before begins the old side's log, where hostctl has carried
/// it from there, and is kept aside.
/// </summary>
internal sealed class VmLogs(SwapSession session)
{
    private const string Step = "carry-log";
    private const string Kind = "logs";

    /// <summary>Once for each VM: what a try that failed has added on the new side is wanted there.</summary>
    private readonly ConcurrentDictionary<Guid, bool> _carried = [];

    /// <summary>Carries that of a VM, before a QEMU of it is started on the new side. That it cannot be carried is told, and holds no VM up.</summary>
    public async Task CarryAsync(Guid uuid, string name)
    {
        if (!_carried.TryAdd(uuid, value: true) || !Has(session.Source, name))
            return;
        try
        {
            await session.Log.DoAsync(Step, uuid.ToString(), () => Task.FromResult(Carry(name)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            session.Notice($"{name}: its log begins anew in {session.Target.Generation.Name}, and goes back in that of {session.Source.Generation.Name}: {exception.Message}");
        }
    }

    private static bool Has(SwapSide side, string name)
    {
        using var logs = Open(side.Generation.Paths);
        return logs?.Look(FileOf(name)) is { Kind: EntryKind.File };
    }

    /// <summary>Where they are; null where libvirt has not made it.</summary>
    internal static HeldDirectory? Open(GenerationPaths generation) => HeldDirectory.TryOpen(generation.LibvirtLog, "qemu");

    /// <summary>That of a VM, which libvirt lets have no slash in its name.</summary>
    internal static string FileOf(string name) => $"{name}.log";

    private string Carry(string name)
    {
        var (target, file) = (session.Target.Generation.Paths, FileOf(name));
        using var from = Open(session.Source.Generation.Paths) ?? throw new IOException("the directory of its log is gone");
        using var to = Open(target) ?? throw new IOException($"{target.LibvirtLog}/qemu is not there");
        using var arriving = HeldDirectory.Ensure(Path.Join(target.Arriving, Kind));
        using var aside = HeldDirectory.Ensure(Path.Join(target.Aside, Kind));
        SetAsideRotated(to, aside, file);
        for (var rotated = 0; from.Look(Rotated(file, rotated)) is { Kind: EntryKind.File }; rotated++)
            Carry(from, to, arriving, Rotated(file, rotated));
        if (to.Look(file) is not null)
            to.Rename(file, aside, file);
        Carry(from, to, arriving, file);
        to.Sync();
        return $"its log goes on in {session.Target.Generation.Name} after {to.Look(file)?.Size} bytes";
    }

    private static void Carry(HeldDirectory from, HeldDirectory to, HeldDirectory arriving, string file)
    {
        arriving.Remove(file);
        FileTree.Copy(from, file, arriving, file, CancellationToken.None);
        arriving.Rename(file, to, file);
    }

    /// <summary>virtlogd names what it has rotated by number, the latest 0 (virtlogd.conf(5), <c>max_backups</c>).</summary>
    private static string Rotated(string file, int number) => string.Create(CultureInfo.InvariantCulture, $"{file}.{number}");

    private static void SetAsideRotated(HeldDirectory to, HeldDirectory aside, string file)
    {
        for (var rotated = 0; to.Look(Rotated(file, rotated)) is not null; rotated++)
            to.Rename(Rotated(file, rotated), aside, Rotated(file, rotated));
    }
}
