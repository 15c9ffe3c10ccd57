using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults.Cases;

/// <summary>The moments at which faults are made: each is an event that somebody tells, and none is a time.</summary>
internal static class Moments
{
    /// <summary>How long a moment is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The slow guest of the slow world.</summary>
    public static Guest SlowGuest(FaultRun run) => GuestNamed(run, WorldDesign.SlowGuest);

    /// <summary>A guest by its name.</summary>
    public static Guest GuestNamed(FaultRun run, string name) =>
        run.Lab.Guests.Single(guest => string.Equals(guest.Name, name, StringComparison.Ordinal));

    /// <summary>Bytes of a guest have been sent.</summary>
    public static Task TransferAsync(FaultRun run, RunningProcess hostctl, Guest guest) => EventAsync(
        run,
        hostctl,
        $"the transfer of {guest.Name}",
        change => change is { Event: "moveProgress", ProcessedBytes: > 0 } && string.Equals(change.Name, guest.Name, StringComparison.Ordinal));

    /// <summary>hostctl tells something.</summary>
    public static async Task<EventView> EventAsync(FaultRun run, RunningProcess hostctl, string awaited, Func<EventView, bool> condition) =>
        HostctlDocuments.Read<EventView>(await hostctl.WaitForLineAsync(
            awaited, line => condition(HostctlDocuments.Read<EventView>(line)), Limit, run.Token));

    /// <summary>hostctl has been held by the fault point that it was started with.</summary>
    public static Task HeldAsync(FaultRun run, RunningProcess hostctl, string where) => Poll.UntilAsync(
        $"hostctl to be held at {where}",
        Limit,
        _ => !hostctl.HasExited
            ? Task.FromResult(ProcessIdentity.IsStopped(hostctl.Pid))
            : throw new LabException($"hostctl ended before it was held at {where}; it printed:\n{hostctl.OutputSoFar}"),
        () => hostctl.OutputSoFar,
        run.Token);

    /// <summary>The QEMU process of a guest in a generation.</summary>
    public static async Task<int> QemuAsync(FaultRun run, Generation generation, Guest guest)
    {
        var space = await NamespaceOfAsync(run, generation);
        return QemuProcess.All().Where(process => process.Uuid == guest.Spec.Uuid && string.Equals(NamespaceOf(process.Pid), space, StringComparison.Ordinal))
            .Select(static process => process.Pid).FirstOrDefault() is > 0 and var pid
            ? pid
            : throw new LabException($"there is no QEMU of {guest.Name} in gen-{generation.Number}");
    }

    /// <summary>The libvirtd of a generation, past its container: of those that it has forked for a moment, it is the oldest.</summary>
    public static async Task<int> LibvirtdAsync(FaultRun run, Generation generation)
    {
        var space = await NamespaceOfAsync(run, generation);
        return QemuProcess.ProcessIds()
            .Where(pid => IsNamed(pid, "libvirtd") && string.Equals(NamespaceOf(pid), space, StringComparison.Ordinal))
            .OrderBy(static pid => ProcessIdentity.ReadStartTicks(pid) ?? long.MaxValue)
            .FirstOrDefault() is > 0 and var found
            ? found
            : throw new LabException($"there is no libvirtd in gen-{generation.Number}");
    }

    /// <summary>The generation that a run begins in.</summary>
    public static Task<Generation> SourceAsync(FaultRun run) => run.Lab.GenerationAsync(run.World.Active, run.Token);

    /// <summary>The generation that a swap goes to: the newest there is.</summary>
    public static async Task<Generation> CandidateAsync(FaultRun run)
    {
        var status = await run.Lab.Hostctl.StatusAsync(run.Token);
        return await run.Lab.GenerationAsync(status.Generations.Single(static generation => generation.Role is "candidate").Number, run.Token);
    }

    private static bool IsNamed(int pid, string name)
    {
        try
        {
            return string.Equals(File.ReadAllText(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/comm")).TrimEnd(), name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It has ended meanwhile.
        }
    }

    private static async Task<string?> NamespaceOfAsync(FaultRun run, Generation generation) =>
        NamespaceOf((await DockerCli.InspectAsync([generation.Container], run.Token))[0].GetProperty("State").GetProperty("Pid").GetInt32());

    private static string? NamespaceOf(int pid) =>
        new FileInfo(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/ns/pid")).LinkTarget;
}
