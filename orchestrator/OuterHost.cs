using System.Net.Sockets;
using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Displays;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Notifying;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Recorded;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Systemd;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator;

/// <summary>The outer host that this process runs on.</summary>
public sealed partial class OuterHost : IOuterHost
{
    private readonly HostSwapSettings _settings;
    private readonly TimeProvider _time;
    private readonly DockerEngine _engine;
    private readonly OuterKernel _kernel = new();
    private readonly OuterEngine _containers;

    private OuterHost(HostSwapSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _engine = new DockerEngine(settings.Docker, time);
        _containers = new OuterEngine(_engine, settings.Paths, _kernel);
    }

    /// <summary>Opens it. Nothing is connected to, read or made before a member needs it.</summary>
    public static OuterHost Open(HostSwapSettings settings, TimeProvider time) => new(settings, time);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> InitialiseAsync(CancellationToken cancellationToken)
    {
        var made = GenerationDirectories.EnsureHost(_settings.Paths).Select(path => $"directory {path}").ToList();
        using var held = OuterHostLock.Acquire(_settings.Paths.LockFile, "init", _time);
        var memory = new MemoryMount(_settings, _kernel);
        var mounted = memory.Find() is not null;
        var seen = memory.Ensure();
        if (!mounted)
            made.Add($"memory mount: {seen}");
        if (!SqliteJournal.Exists(_settings.Paths.JournalFile))
            made.Add($"journal {_settings.Paths.JournalFile}");

        using var journal = SqliteJournal.Open(_settings.Paths.JournalFile, _time, held);
        var networks = new GuestNetworks(_settings, _engine);
        var missing = await networks.MissingAsync(cancellationToken);
        if (missing.Count > 0)
        {
            var names = string.Join(", ", missing.Select(static network => network.Network));
            var operation = journal.Begin(OperationKind.Init, $"guest network {names}", "{}");
            await networks.EnsureAsync(new EffectLog(journal, operation.Id), cancellationToken);
            journal.Finish(operation.Id, OperationResult.Done, $"guest network {names} made", "{}", OperationEnding.Untouched);
            made.AddRange(missing.Select(static network => $"Docker network {network.Network} of {network.Bridge}"));
        }

        await networks.ReadAsync(cancellationToken);
        return made;
    }

    /// <inheritdoc/>
    public Task<GenerationStatus> StartAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken) =>
        ChangeAsync("start", parts => new GenerationStarter(parts).RunAsync(
            image, (log, active) => new UnfinishedStarts(parts, observer).RunAsync(log, active, cancellationToken), cancellationToken));

    /// <inheritdoc/>
    public async Task<HostStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        if (!SqliteJournal.Exists(_settings.Paths.JournalFile))
            return new HostStatus(Initialised: false, [], [], UnfinishedSwap: null, LockHolder: null);

        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return await new StatusReader(Parts(journal)).ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public string MountMemory()
    {
        GenerationDirectories.EnsureHost(_settings.Paths);
        // Two at once would mount twice, one on the other.
        using var held = OuterHostLock.Acquire(_settings.Paths.LockFile, "memory mount", _time);
        return new MemoryMount(_settings, _kernel).Ensure();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<VmPlace, HandoverReadiness>> GetHandoverAsync(HostStatus status, CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        var parts = Parts(journal);
        var reader = new HandoverReader(parts);
        var holders = status.VirtualMachines.Select(vm => vm.Generation).ToHashSet();
        var looks = await Task.WhenAll(parts.Generations.All()
            .Where(generation => holders.Contains(generation.Number))
            .Select(async generation => (generation.Number, Vms: await reader.ReadAsync(generation, cancellationToken))));
        return looks
            .SelectMany(look => look.Vms.Select(vm => (Place: new VmPlace(look.Number, vm.Key), Readiness: vm.Value)))
            .ToDictionary(vm => vm.Place, vm => vm.Readiness);
    }

    /// <inheritdoc/>
    public async Task<PrepareReport> PrepareAsync(PrepareRequest request, CancellationToken cancellationToken)
    {
        if (!request.DryRun)
            return await ChangeAsync(request.Undo ? "vm unprepare" : "vm prepare", parts => new PrepareRunner(parts).RunAsync(request, cancellationToken));
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return await new PrepareRunner(Parts(journal)).RunAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SwapPlan> PlanAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken) =>
        ChangeAsync("plan", parts => new PlanRunner(parts, observer).RunAsync(image, cancellationToken));

    /// <inheritdoc/>
    public async Task<SwapPlan> PlanQuickAsync(string? image, CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return await new QuickPlanner(Parts(journal)).RunAsync(image, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SwapPlan> PlanRollbackAsync(ISwapObserver observer, CancellationToken cancellationToken) =>
        ChangeAsync("plan --rollback", parts => new PlanRunner(parts, observer).RunRollbackAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<SwapResult> SwapAsync(
        SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync("swap", observer, parts => new SwapRunner(parts, observer, approval).RunAsync(request, cancellationToken));

    /// <inheritdoc/>
    public Task<SwapResult> ResumeAsync(
        ResumeRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync("resume", observer, parts => new ResumeRunner(parts, observer, approval).RunAsync(request, cancellationToken), request.TakeOver);

    /// <inheritdoc/>
    public Task<SwapResult> RollbackAsync(
        FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync("rollback", observer, parts => new RollbackRunner(parts, observer, approval).RunAsync(onFailure, cancellationToken));

    /// <inheritdoc/>
    public Task<SwapPlan> PlanAdoptionAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken) =>
        ChangeAsync("adopt --dry-run", parts => new PlanRunner(parts, observer).RunAdoptionAsync(image, cancellationToken));

    /// <inheritdoc/>
    public Task<SwapResult> AdoptAsync(
        SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync("adopt", observer, parts => new AdoptRunner(parts, observer, approval).RunAsync(request, cancellationToken));

    /// <inheritdoc/>
    public Task<SwapResult> ReturnToOuterHostAsync(
        FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync("adopt --back", observer, parts => new AdoptRunner(parts, observer, approval).ReturnAsync(onFailure, cancellationToken));

    /// <inheritdoc/>
    public Hold PlaceHold(string reason, string by, DateTimeOffset? until) => Holds().Place(reason, by, until);

    /// <inheritdoc/>
    public IReadOnlyList<Hold> GetHolds() => Holds().All();

    /// <inheritdoc/>
    public bool ReleaseHold(string id) => Holds().Release(id);

    /// <inheritdoc/>
    public void Notify(Notice notice) => Notices().Enqueue(notice);

    /// <inheritdoc/>
    public Task<NoticeDelivery> DeliverNoticesAsync(CancellationToken cancellationToken)
    {
        var notices = Notices();
        return notices.DeliverDueAsync(cancellationToken, new HoldExpiry(Holds(), notices, Path.Join(_settings.Paths.Outbox, "holds"), _time).Run);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<NoticeAttempt>> TestNoticesAsync(string? target, CancellationToken cancellationToken) => Notices().TestAsync(target, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<WaitingNotice> GetWaitingNotices() => Notices().Waiting();

    /// <inheritdoc/>
    public Task<FleetStatus> GetFleetStatusAsync(CancellationToken cancellationToken) => FleetLocks.Open(_settings, _time).GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<Operation?> AbortAsync(bool rollback, TimeSpan limit, CancellationToken cancellationToken)
    {
        RequireInitialised();
        if (!await new AbortRunner(_settings.Paths.LockFile, _time).RunAsync(rollback ? AbortWish.Rollback : AbortWish.Stay, limit, cancellationToken))
            return null;
        return History(1).SingleOrDefault();
    }

    /// <inheritdoc/>
    public Task<string?> RetireAsync(bool now, CancellationToken cancellationToken) =>
        ChangeAsync("retire", parts => new RetireRunner(parts).RunAsync(now));

    /// <inheritdoc/>
    public IReadOnlyList<Operation> History(int limit)
    {
        if (!SqliteJournal.Exists(_settings.Paths.JournalFile))
            return [];

        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return journal.Operations(limit);
    }

    /// <inheritdoc/>
    public IReadOnlyList<MoveRecord> GetMoves(IReadOnlyList<Operation> operations)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return [.. operations.Where(static operation => operation.Kind.MovesVms()).SelectMany(operation => journal.Moves(operation.Id))];
    }

    /// <inheritdoc/>
    public OperationDetails? Show(long operation)
    {
        if (!SqliteJournal.Exists(_settings.Paths.JournalFile))
            return null;

        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return journal.FindOperation(operation) is { } found
            ? new OperationDetails(found, journal.Entries(operation), journal.Moves(operation))
            : null;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<HealthCheck> DiagnoseAsync(HostStatus? status, CancellationToken cancellationToken) =>
        new Diagnosis.Doctor(_settings, _containers, _kernel, new QmpConnector(_time), status is null ? GetStatusAsync : _ => Task.FromResult(status)).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<HealthCheck> VerifyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        await foreach (var check in new HostVerifier(Parts(journal)).RunAsync(cancellationToken))
            yield return check;
    }

    /// <inheritdoc/>
    public async Task<GenerationComparison> DiffAsync(int? from, int? to, CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return await new GenerationComparer(Parts(journal)).RunAsync(from, to, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> GetExecCommandAsync(
        int? generation, IReadOnlyList<string> command, bool terminal, CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        var parts = Parts(journal);
        var holder = generation is { } number ? parts.Generations.Numbered(number) : parts.Generations.Active();
        if (holder.IsOuter)
            throw new UsageException($"{holder.Name} is this machine itself", "Run the command as it is.");
        await parts.Generations.InitPidAsync(holder, cancellationToken);
        return ["docker", "--host", _settings.Docker.Endpoint.ToString(), "exec", terminal ? "-it" : "-i", holder.ContainerName, .. command];
    }

    /// <inheritdoc/>
    public async Task<Socket> ConnectDisplayAsync(VmPlace vm, CancellationToken cancellationToken)
    {
        RequireInitialised();
        using var journal = SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
        return await new DisplayFinder(Parts(journal)).ConnectAsync(vm.Generation, vm.Uuid, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    private OuterHostParts Parts(IJournal journal, IContainerEngine? engine = null) =>
        new(_settings, engine ?? _containers, _kernel, new GenerationConnector(_time), journal, _time);

    private HoldFiles Holds()
    {
        RequireInitialised();
        return new HoldFiles(_settings.Paths.Holds, _time);
    }

    private Notifier Notices()
    {
        RequireInitialised();
        return Notifier.Make(_settings, _time);
    }

    private void RequireInitialised()
    {
        if (!SqliteJournal.Exists(_settings.Paths.JournalFile))
        {
            throw new EnvironmentException(
                $"there is no outer host at {_settings.Paths.State}", "Run 'hostctl init' first, or name the right --config.");
        }
    }

    /// <summary>While VMs move, nobody shuts the outer host down by mistake.</summary>
    private Task<SwapResult> MoveAsync(string purpose, ISwapObserver observer, Func<OuterHostParts, Task<SwapResult>> action, bool takeOver = false) =>
        ChangeAsync(
            purpose,
            async parts =>
            {
                await using var inhibitor = await ShutdownInhibitor.TryTakeAsync(
                    $"VMs move between host containers ({purpose})", message => observer.OnEvent(new SwapNotice(_time.GetUtcNow(), message)), _time);
                return await action(parts);
            },
            takeOver);

    /// <summary>Everything that changes the outer host runs under its lock, with the journal open for writing.</summary>
    private async Task<T> ChangeAsync<T>(string purpose, Func<OuterHostParts, Task<T>> action, bool takeOver = false)
    {
        RequireInitialised();
        GenerationDirectories.EnsureHost(_settings.Paths);
        using var held = OuterHostLock.Acquire(_settings.Paths.LockFile, purpose, _time, takeOver);
        using var journal = SqliteJournal.Open(_settings.Paths.JournalFile, _time, held);
        return await action(Parts(journal, new PatientEngine(_containers, _time)));
    }
}
