using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>Plays one script with the real runners, each command as a hostctl process of its own.</summary>
internal sealed class ScriptRunner : ISwapObserver, ISwapApproval, IDisposable
{
    private const int MostResumes = 3;

    private readonly Script _script;
    private readonly DirectoryInfo _root;
    private readonly ModelWorld _world;
    private readonly List<string> _log = [];

    public ScriptRunner(Script script, DirectoryInfo place)
    {
        _script = script;
        _root = place.CreateSubdirectory(Guid.NewGuid().ToString("N")[..12]);
        _world = new ModelWorld(_root);
    }

    /// <summary>How many VMs have been moved by operations that came through.</summary>
    public int Moved { get; private set; }

    /// <summary>Plays it; throws where an invariant is broken.</summary>
    public async Task RunAsync()
    {
        try
        {
            await StartAsync(new Command(Verb.Reboot, FailurePolicy.Stop, []));
            _world.Populate(1, [.. _script.Machines.Select((seed, index) => new ModelVm(index + 1, seed.Runs, seed.Persistent, seed.Autostart, seed.Saved, seed.Instead))]);
            foreach (var command in _script.Commands)
                await PlayAsync(command);
            await PutRightAsync();
            new EndCheck(_world).Finished();
        }
        catch (InvariantBroken broken)
        {
            throw new InvariantBroken($"{broken.Message}\n{_script}\n{string.Join('\n', _log)}\n{_world}");
        }
    }

    public void OnEvent(SwapEvent swapEvent)
    {
        var line = swapEvent switch
        {
            MoveChanged move => $"{move.Name} {move.State}: {move.Reason}",
            SwapNotice notice => notice.Message,
            StepFinished step => $"{step.Step} {(step.Succeeded ? "done" : "failed")}: {step.Observed}",
            Reconciled found => string.Join("; ", found.Vms.Select(machine => $"{machine.Name} {machine.Verdict}: {machine.Seen}")),
            _ => null,
        };
        if (line is not null)
            _log.Add($"    {line}");
    }

    public Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken) => Task.FromResult(true);

    public void Dispose()
    {
        _world.Dispose();
        _root.Delete(recursive: true);
    }

    /// <summary>Faults are over: what an operator does until nothing is unfinished.</summary>
    private async Task PutRightAsync()
    {
        if (!_world.Containers.Values.Any(container => container.Running))
            await StartAsync(new Command(Verb.Reboot, FailurePolicy.Stop, []));
        for (var resumed = 0; ; resumed++)
        {
            if (await PlayAsync(new Command(Verb.Resume, FailurePolicy.Stop, [])) == OperationResult.NothingToDo)
                return;
            if (resumed == MostResumes)
                throw new InvariantBroken($"after {resumed + 1} resumptions something is still unfinished");
        }
    }

    private Task<OperationResult?> PlayAsync(Command command)
    {
        if (command.Verb == Verb.Reboot)
        {
            _log.Add("power cut");
            _world.Reboot();
            return StartAsync(command);
        }

        return AttemptAsync(command, async (parts, stop) => Tell(await RunAsync(command, parts, stop)));
    }

    private OperationResult Tell(SwapResult result)
    {
        _log.AddRange(result.Problems.Select(static problem => $"    problem: {problem}"));
        if (result.Result == OperationResult.Done)
            Moved += result.Moves.Count(static move => move.State == MoveState.Verified);
        return result.Result;
    }

    private Task<OperationResult?> StartAsync(Command command) => AttemptAsync(command, async (parts, stop) =>
    {
        await new GenerationStarter(parts).RunAsync(
            image: null, (log, active) => new UnfinishedStarts(parts, this).RunAsync(log, active, stop), stop);
        return OperationResult.Done;
    });

    private Task<SwapResult> RunAsync(Command command, OuterHostParts parts, CancellationToken stop)
    {
        var policy = command.OnFailure;
        return command.Verb switch
        {
            Verb.Swap => new SwapRunner(parts, this, this).RunAsync(new SwapRequest(Image: null, Force: true, policy), stop),
            Verb.Rollback => new RollbackRunner(parts, this, this).RunAsync(policy, stop),
            Verb.ResumeBack => new ResumeRunner(parts, this, this).RunAsync(new ResumeRequest(SwapCourse.Back, policy), stop),
            Verb.ResumeForward => new ResumeRunner(parts, this, this).RunAsync(new ResumeRequest(SwapCourse.Forward, policy), stop),
            _ => new ResumeRunner(parts, this, this).RunAsync(new ResumeRequest(Course: null, policy), stop),
        };
    }

    private async Task<OperationResult?> AttemptAsync(Command command, Func<OuterHostParts, CancellationToken, Task<OperationResult>> action)
    {
        _log.Add($"> {command}");
        using var gate = new FaultGate(command.Faults, _world.KillCandidate);
        OperationResult? result = null;
        try
        {
            GenerationDirectories.EnsureHost(_world.Paths);
            using var engine = new PatientEngine(new ModelEngine(_world, gate), _world.Time);
            var parts = new OuterHostParts(
                _world.Settings,
                engine,
                new ModelKernel(_world, gate),
                new ModelConnector(_world, gate),
                new ModelJournal(_world.Journal, gate),
                _world.Time);
            result = await action(parts, gate.Stop);
            _log.Add($"  {result}");
        }
        catch (Exception exception) when (exception is ProcessDied or HostSwapException
            || (exception is OperationCanceledException && gate.Stop.IsCancellationRequested))
        {
            _log.Add($"  {exception.GetType().Name}: {exception.Message}");
        }
        catch (Exception exception) when (exception is not InvariantBroken)
        {
            throw new InvariantBroken($"it threw {exception}");
        }

        _log.Add($"  {gate.Calls} calls, {gate.Writes} writes");
        if (_world.Broken is { } broken)
            throw new InvariantBroken(broken);
        new EndCheck(_world).AfterCommand();
        return result;
    }
}
