using System.Net.Sockets;
using System.Runtime.CompilerServices;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Notifying;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>An outer host that answers with what it was given and keeps what it was asked.</summary>
internal sealed class FakeOuterHost : IOuterHost
{
    public HostStatus Status { get; set; } = Samples.Status();

    public SwapPlan Plan { get; set; } = Samples.Plan();

    public IReadOnlyList<string> Created { get; set; } = ["/var/lib/hostswap"];

    public List<Operation> Operations { get; } = [Samples.Operation()];

    public List<HealthCheck> Checks { get; } = [new("docker", HealthStatus.Ok, "API 1.41", "")];

    public SwapResult Result { get; set; } = Samples.Result();

    public IReadOnlyList<SwapEvent> Events { get; set; } = Samples.Events();

    /// <summary>What <c>abort</c> ended.</summary>
    public Operation? Aborted { get; set; }

    /// <summary>What <c>retire</c> did.</summary>
    public string? Retired { get; set; }

    /// <summary>Thrown by every member.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Runs in the middle of a swap, after the approval.</summary>
    public Func<CancellationToken, Task>? DuringSwap { get; set; }

    public List<string> Calls { get; } = [];

    public bool Disposed { get; private set; }

    public Task<IReadOnlyList<string>> InitialiseAsync(CancellationToken cancellationToken) => Answer("init", Created);

    public Task<GenerationStatus> StartAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken) =>
        Answer($"start {image}", Samples.Generation());

    public string Memory { get; set; } = "mounted tmpfs";

    public Dictionary<VmPlace, HandoverReadiness> Handover { get; } = [];

    /// <summary>What <c>vm prepare</c> reports; the request is put in its place.</summary>
    public PrepareReport Prepared { get; set; } = new(new PrepareRequest(Undo: false, Vm: null, DryRun: false), 8, []);

    /// <summary>What <c>diff</c> finds.</summary>
    public GenerationComparison Comparison { get; set; } = new(
        new ComparedGeneration(1, "old", DateTimeOffset.UnixEpoch, Recorded: true), new ComparedGeneration(2, "new", DateTimeOffset.UnixEpoch, Recorded: false), []);

    public Task<GenerationComparison> DiffAsync(int? from, int? to, CancellationToken cancellationToken) => Answer($"diff {from} {to}", Comparison);

    public string MountMemory() => Answer("memory mount", Memory).Result;

    public Task<IReadOnlyDictionary<VmPlace, HandoverReadiness>> GetHandoverAsync(HostStatus status, CancellationToken cancellationToken) =>
        Answer<IReadOnlyDictionary<VmPlace, HandoverReadiness>>("handover", Handover);

    public Task<PrepareReport> PrepareAsync(PrepareRequest request, CancellationToken cancellationToken) =>
        Answer($"prepare {request}", Prepared with { Request = request });

    public Task<HostStatus> GetStatusAsync(CancellationToken cancellationToken) => Answer("status", Status);

    public Task<SwapPlan> PlanAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken)
    {
        observer.OnEvent(new StepStarted(Samples.At, SwapStep.StartCandidate));
        return Answer($"plan {image}", Plan);
    }

    public Task<SwapPlan> PlanQuickAsync(string? image, CancellationToken cancellationToken) => Answer($"plan quick {image}", Plan);

    public Task<SwapPlan> PlanRollbackAsync(ISwapObserver observer, CancellationToken cancellationToken) => Answer("plan rollback", Plan);

    public Task<SwapResult> SwapAsync(SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync($"swap {request.Image} {request.Force} {request.OnFailure}", approval, observer, cancellationToken);

    public Task<SwapResult> ResumeAsync(ResumeRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync($"resume {request.Course} {request.OnFailure} {request.TakeOver}", approval, observer, cancellationToken);

    public Task<SwapResult> RollbackAsync(FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync($"rollback {onFailure}", approval, observer, cancellationToken);

    public Task<SwapPlan> PlanAdoptionAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken) => Answer($"plan adoption {image}", Plan);

    public Task<SwapResult> AdoptAsync(SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync($"adopt {request.Image} {request.OnFailure}", approval, observer, cancellationToken);

    public Task<SwapResult> ReturnToOuterHostAsync(FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken) =>
        MoveAsync($"return to the outer host {onFailure}", approval, observer, cancellationToken);

    /// <summary>The host images.</summary>
    public List<HostImage> Images { get; } = [];

    /// <summary>What two of them have of packages.</summary>
    public List<PackageChange> Packages { get; } = [];

    public Task<IReadOnlyList<HostImage>> GetImagesAsync(CancellationToken cancellationToken) => Answer<IReadOnlyList<HostImage>>("images", Images);

    public Task<ImageComparison> CompareImagesAsync(string? from, string? to, CancellationToken cancellationToken) =>
        Answer($"compare images {from} {to}", new ImageComparison(Images[0].Image, Images[^1].Image, Packages));

    public Task<ImageComparison?> CompareImagesOfAsync(Operation operation, CancellationToken cancellationToken) =>
        Answer($"images of {operation.Id}", Images.Count == 0 ? null : new ImageComparison(Images[0].Image, Images[^1].Image, Packages));

    public Task<StoredImage> RemoveImageAsync(string reference, CancellationToken cancellationToken) => Answer($"remove image {reference}", Images[0].Image);

    public Task<ImageContents> ShowImageAsync(string reference, CancellationToken cancellationToken) =>
        Answer($"show image {reference}", new ImageContents(Images[0], [new InstalledPackage("libvirt0", "11.3.0-2", "amd64", "libvirt")]));

    public Task<StoredImage> PinImageAsync(string reference, bool pin, CancellationToken cancellationToken) => Answer($"pin image {reference} {pin}", Images[0].Image);

    /// <summary>What goes when images are pruned.</summary>
    public List<StoredImage> Pruned { get; } = [];

    public Task<IReadOnlyList<StoredImage>> PruneImagesAsync(CancellationToken cancellationToken) => Answer<IReadOnlyList<StoredImage>>("prune images", Pruned);

    /// <summary>What is newer.</summary>
    public UpdateReport Updates { get; set; } = new(Samples.At, "hostswap/host:trixie", "sha256:new", "sha256:new", [], RecipeChanged: false);

    public Task<UpdateReport> CheckUpdatesAsync(CancellationToken cancellationToken) => Answer("check updates", Updates);

    /// <summary>What a build comes to.</summary>
    public ImageBuild Build { get; set; } = new("sha256:newest", Made: true);

    public Task<ImageBuild> BuildImageAsync(UpdateReport updates, Action<string> say, CancellationToken cancellationToken)
    {
        say("building");
        return Answer("build image", Build);
    }

    /// <summary>What refreshes came to.</summary>
    public List<RefreshRecord> Refreshes { get; } = [];

    public IReadOnlyList<RefreshRecord> GetRefreshes(int limit) => Answer<IReadOnlyList<RefreshRecord>>("refreshes", Refreshes).Result;

    /// <summary>Who holds swaps.</summary>
    public List<Hold> Holds { get; } = [];

    public Hold PlaceHold(string reason, string by, DateTimeOffset? until)
    {
        var hold = Answer($"hold {reason}", new Hold($"{Holds.Count:x8}", reason, by, Samples.At, until)).Result;
        Holds.Add(hold);
        return hold;
    }

    public IReadOnlyList<Hold> GetHolds() => Answer<IReadOnlyList<Hold>>("holds", [.. Holds]).Result;

    public bool ReleaseHold(string id) => Answer($"release {id}", Holds.RemoveAll(hold => hold.Id == id) > 0).Result;

    /// <summary>What targets of notices answer.</summary>
    public NoticeDelivery Delivery { get; set; } = new(Busy: false, []);

    /// <summary>What waits to be told.</summary>
    public List<WaitingNotice> Waiting { get; } = [];

    public void Notify(Notice notice) => _ = Answer($"notify {notice.Subject}", 0).Result;

    public Task<NoticeDelivery> DeliverNoticesAsync(CancellationToken cancellationToken) => Answer("deliver notices", Delivery);

    public Task<IReadOnlyList<NoticeAttempt>> TestNoticesAsync(string? target, CancellationToken cancellationToken) => Answer($"test notices {target}", Delivery.Attempts);

    public IReadOnlyList<WaitingNotice> GetWaitingNotices() => Answer<IReadOnlyList<WaitingNotice>>("waiting notices", Waiting).Result;

    /// <summary>The fleet as its service tells of it.</summary>
    public FleetStatus Fleet { get; set; } = new(FleetService.None, "default", Limit: null, "", Holders: null);

    public Task<FleetStatus> GetFleetStatusAsync(CancellationToken cancellationToken) => Answer("fleet status", Fleet);

    public Task<Operation?> AbortAsync(bool rollback, TimeSpan limit, CancellationToken cancellationToken) => Answer($"abort {rollback}", Aborted);

    public Task<string?> RetireAsync(bool now, CancellationToken cancellationToken) => Answer($"retire {now}", Retired);

    private async Task<SwapResult> MoveAsync(string call, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken)
    {
        await Answer(call, 0);
        foreach (var e in Events.TakeWhile(e => e is not MoveChanged)) observer.OnEvent(e);
        if (!await approval.ApproveAsync(Plan, cancellationToken))
            return Finish(observer, Samples.Result(OperationResult.Declined) with { Moves = [], Summary = "Nothing was moved." });
        if (DuringSwap is not null) await DuringSwap(cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return Finish(observer, Result with { Result = OperationResult.Interrupted, Summary = "Interrupted." });
        foreach (var e in Events.SkipWhile(e => e is not MoveChanged).Where(e => e is not SwapFinished)) observer.OnEvent(e);
        return Finish(observer, Result);
    }

    public IReadOnlyList<Operation> History(int limit) => Answer($"history {limit}", Operations).Result;

    /// <summary>The moves of <see cref="Operations"/>.</summary>
    public List<MoveRecord> Moves { get; } = [];

    public IReadOnlyList<MoveRecord> GetMoves(IReadOnlyList<Operation> operations) => Answer<IReadOnlyList<MoveRecord>>($"moves of {operations.Count}", Moves).Result;

    public OperationDetails? Show(long operation) =>
        Answer($"show {operation}", operation == 7 ? Samples.Details() : null).Result;

    public async IAsyncEnumerable<HealthCheck> DiagnoseAsync(HostStatus? status, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Answer("doctor", 0);
        foreach (var check in Checks) yield return check;
    }

    public async IAsyncEnumerable<HealthCheck> VerifyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Answer("verify", 0);
        foreach (var check in Checks) yield return check;
    }

    public Task<IReadOnlyList<string>> GetExecCommandAsync(
        int? generation, IReadOnlyList<string> command, bool terminal, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<string>>("exec", ["docker", "exec", terminal ? "-it" : "-i", $"gen-{generation ?? 1}", .. command]);

    /// <summary>Connects to the display of a VM; without one, it has none.</summary>
    public Func<VmPlace, Task<Socket>>? Display { get; set; }

    public Task<Socket> ConnectDisplayAsync(VmPlace vm, CancellationToken cancellationToken) =>
        Display?.Invoke(vm) ?? throw new EnvironmentException("it has no display", "Give it one.");

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }

    private static SwapResult Finish(ISwapObserver observer, SwapResult result)
    {
        observer.OnEvent(new SwapFinished(Samples.At.AddSeconds(12), result));
        return result;
    }

    private Task<T> Answer<T>(string call, T answer)
    {
        Calls.Add(call);
        return Failure is null ? Task.FromResult(answer) : throw Failure;
    }
}
