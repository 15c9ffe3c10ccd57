using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>Every file and device that a VM opens must be the very same one on the other side.</summary>
public sealed class StorageCheck : IPlanCheck
{
    private const string FileFix =
        $"Put it below a directory of {KnownKeys.StorageShared} in the configuration, which every generation sees at the same path "
        + "(a generation sees a newly added directory once it has been swapped to).";

    private const string DeviceFix =
        $"Name it in {KnownKeys.StorageDevices} in the configuration, so that every generation has it at the same path "
        + "(a generation has a newly added device once it has been swapped to).";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            var paths = definition.Disks.SelectMany(disk => BackingChain.Of(disk, context.Kernel, context.Source.InitPid))
                .Concat(definition.Disks.SelectMany(disk => disk.Servers).Select(server => server.Socket).OfType<string>())
                .Concat(definition.OtherFiles)
                .Concat(definition.Filesystems.Select(share => share.Directory).OfType<string>())
                .Where(path => !FirmwareCheck.IsOfTheImage(definition, path) && !FirmwareCheck.IsYetToBeMade(context, machine, definition, path))
                .Distinct(StringComparer.Ordinal);
            foreach (var path in paths)
            {
                if (Problem(context, path) is { } problem)
                    yield return new Blocker("storage", machine.Name, problem, FixOf(context, path));
            }

            foreach (var disk in definition.Disks)
            {
                foreach (var server in disk.Servers)
                {
                    if (context.Unreachable.GetValueOrDefault(server) is { } why)
                    {
                        yield return new Blocker(
                            "storage", machine.Name, $"its disk {disk.Target} is on a server that {context.Target.Generation.Name} does not reach: {why}", "Have the image, or the network, let it be reached.");
                    }
                }
            }
        }
    }

    private static string FixOf(PlanContext context, string path) => IsDevice(context, path)
        ? DeviceFix
        : context.Source.Generation.IsOuter && OuterFix(path) is { } key ? key : FileFix;

    /// <summary>What to do about a file in a directory of libvirt's that generations have as one of HostSwap's own; null for any other.</summary>
    internal static string? OuterFix(string path)
    {
        foreach (var (name, target) in HostImageContract.SharedState)
        {
            if (HostPath.IsWithin(path, target))
                return $"Have generations use the outer host's directory: storage.{name} = \"{target}\" in the configuration (a generation that is there already needs 'hostctl swap --force' for it).";
        }

        return null;
    }

    private static bool IsDevice(PlanContext context, string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) || context.Kernel.Look(context.Source.InitPid, path) is { IsBlockDevice: true };

    private static string? Problem(PlanContext context, string path)
    {
        var there = context.Kernel.Look(context.Target.InitPid, path);
        if (there is null)
            return $"{path} does not exist in {context.Target.Generation.Name}";

        var here = context.Kernel.Look(context.Source.InitPid, path);
        if (here is null)
            return $"{path} does not exist in {context.Source.Generation.Name} any more";

        // A block device has a node of its own on each side; what counts is the device behind it.
        return here.IsSameStorageAs(there)
            ? null
            : $"{path} is another {(here.IsBlockDevice ? "device" : "file")} in {context.Target.Generation.Name} than in {context.Source.Generation.Name}";
    }
}
