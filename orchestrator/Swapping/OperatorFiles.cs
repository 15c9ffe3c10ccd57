using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Gives the side that VMs go to the operator's own files, before it is trusted with any VM, and has the units that read them
/// read them again. It compares, copies what differs, and compares again: it can be run any number of times. The generation that is active,
/// to which an interrupted swap returns, is the one that counts, and is left alone.
/// </summary>
internal sealed class OperatorFiles(SwapSession session)
{
    /// <summary>systemd's own limit for the start or stop of a unit (systemd-system.conf(5), <c>DefaultTimeoutStartSec</c>), and some.</summary>
    private static readonly TimeSpan ReloadLimit = TimeSpan.FromSeconds(100);

    private IReadOnlyList<string> Paths => session.Settings.Carry.All;

    /// <summary>Carries; returns what was done.</summary>
    /// <param name="isFresh">Whether units are to read them also where nothing differs: an earlier hostctl may have died before that.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <exception cref="StepFailedException">A file is not as it should be afterwards, or a unit cannot be reloaded.</exception>
    public async Task<string> RunAsync(bool isFresh, CancellationToken cancellationToken)
    {
        // The files of the outer host are not those of a generation under the same names.
        if (session.Target.Generation.Role == GenerationRole.Active || session.Source.Generation.IsOuter || session.Target.Generation.IsOuter)
            return "";
        var here = await ReadAsync(session.Source);
        var there = await ReadAsync(session.Target);
        var different = here.Zip(there).Where(static pair => pair.First.Digest.Length > 0 && !string.Equals(pair.First.Digest, pair.Second.Digest, StringComparison.Ordinal)).ToList();
        var failed = here.Where(static file => file.Problem is not null).ToList();
        foreach (var (file, _) in different)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await CarryAsync(file.Path, failed);
        }

        foreach (var unit in isFresh || different.Count > 0 ? session.Settings.Carry.Reload : [])
            await ReloadAsync(unit, failed);
        if (failed.Count > 0)
            throw new StepFailedException([.. failed.Select(file => $"{file.Path} is not in {session.Target.Generation.Name} as it is in {session.Source.Generation.Name}: {file.Problem}")]);
        return here.Count(static file => file.Digest.Length > 0) is var carried and > 0 ? $"; {carried} file(s) carried, {different.Count} differed" : "";
    }

    private Task<IReadOnlyList<OperatorFile>> ReadAsync(SwapSide side) => Task.Run(() => OperatorFile.ReadAll(side.InitPid, Paths));

    private async Task CarryAsync(string path, List<OperatorFile> failed)
    {
        try
        {
            await session.Log.DoAsync("carry-file", path, async () =>
            {
                await Task.Run(() => OperatorFile.Carry(ContainerFiles.RootOf(session.Source.InitPid), ContainerFiles.RootOf(session.Target.InitPid), path));
                return $"{session.Target.Generation.Name} has it as {session.Source.Generation.Name} has";
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failed.Add(new OperatorFile(path, "", exception.Message));
        }
    }

    /// <summary>systemd learns of units that were carried, and one that does not run stays so unless it can be started.</summary>
    private async Task ReloadAsync(string unit, List<OperatorFile> failed)
    {
        try
        {
            await session.Log.DoAsync("reload-unit", unit, async () =>
            {
                await SystemctlAsync("daemon-reload");
                await SystemctlAsync("reload-or-restart", unit);
                return $"reloaded, or restarted, in {session.Target.Generation.Name}";
            });
        }
        catch (AdapterException exception)
        {
            failed.Add(new OperatorFile(unit, "", exception.Message));
        }
    }

    private async Task SystemctlAsync(params IReadOnlyList<string> arguments)
    {
        var outcome = await session.Engine.ExecuteAsync(session.Target.Generation.ContainerName, ["systemctl", .. arguments], ReloadLimit, CancellationToken.None);
        if (outcome.ExitCode != 0)
            throw new AdapterException($"systemd {session.Target.Generation.Name}", string.Join(' ', arguments), outcome.Error.Trim());
    }
}
