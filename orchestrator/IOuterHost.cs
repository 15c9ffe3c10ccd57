using System.Net.Sockets;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Docker;
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

namespace HostSwap.Orchestrator;

/// <summary>
/// Everything that can be done to one outer host: the surface that hostctl's verbs stand on.
/// Expected failures are <see cref="Errors.HostSwapException"/>s.
/// </summary>
public interface IOuterHost : IAsyncDisposable
{
    /// <summary>Creates directories, journal and guest network. Running it again changes nothing.</summary>
    /// <returns>What was created, a line each; empty where everything was there.</returns>
    Task<IReadOnlyList<string>> InitialiseAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Brings the active generation up: creates <c>gen-1</c> where there is none, else starts the recorded active one.
    /// Used by people once and by systemd at every boot.
    /// </summary>
    /// <remarks>
    /// In mid-swap, as after a power cut, it also brings up the other generation that holds VMs, and starts those VMs
    /// that start by themselves, each where it is. It moves nothing: that is <see cref="ResumeAsync"/>.
    /// </remarks>
    /// <param name="image">Image for the first generation; null for the configured one.</param>
    /// <param name="observer">Is told what else was started.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<GenerationStatus> StartAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>Looks at everything once.</summary>
    Task<HostStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>Makes the memory mount where it is not there, or has it take over a changed size. Again changes nothing.</summary>
    /// <returns>What was seen afterwards.</returns>
    string MountMemory();

    /// <summary>Looks which of these VMs are ready for handover; those that do not answer are left out.</summary>
    Task<IReadOnlyDictionary<VmPlace, HandoverReadiness>> GetHandoverAsync(HostStatus status, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the persistent definitions of VMs of the active generation so that they are ready for handover from their next
    /// cold start on, or takes that back. Running VMs are not touched.
    /// </summary>
    Task<PrepareReport> PrepareAsync(PrepareRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a candidate, makes the plan against it and removes it again.</summary>
    Task<SwapPlan> PlanAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>Makes the plan from what a candidate of the image has said before, without starting, locking or writing anything.</summary>
    /// <exception cref="Errors.EnvironmentException">Nothing that holds is recorded of the image.</exception>
    Task<SwapPlan> PlanQuickAsync(string? image, CancellationToken cancellationToken);

    /// <summary>Makes the plan of a rollback to the previous generation; in mid-swap, that of the way back.</summary>
    Task<SwapPlan> PlanRollbackAsync(ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>
    /// Swaps. Cancelling is an orderly interruption: no further move begins, those in flight are aborted and seen to be
    /// on one side. Never throws for a failed swap, whose result says so; throws where it could not begin.
    /// </summary>
    Task<SwapResult> SwapAsync(
        SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>
    /// Continues, or returns, whatever an interruption has left, whichever it was. Cancelling and failing are as for
    /// <see cref="SwapAsync"/>.
    /// </summary>
    Task<SwapResult> ResumeAsync(
        ResumeRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>Puts the VMs back into the previous generation; in mid-swap, into the active one.</summary>
    Task<SwapResult> RollbackAsync(
        FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>Makes the plan of <see cref="AdoptAsync"/> against a generation that is made for it and removed again.</summary>
    Task<SwapPlan> PlanAdoptionAsync(string? image, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>
    /// Takes over an ordinary libvirt server: everything that the outer host's own libvirt has goes into a first generation, its
    /// running VMs live. Cancelling and failing are as for <see cref="SwapAsync"/>.
    /// </summary>
    Task<SwapResult> AdoptAsync(
        SwapRequest request, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>Puts the VMs back into the outer host's own libvirt, as long as that is kept; in the middle of an adoption as well.</summary>
    Task<SwapResult> ReturnToOuterHostAsync(
        FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer, CancellationToken cancellationToken);

    /// <summary>The host images of this machine, the newest first, with what needs each.</summary>
    Task<IReadOnlyList<HostImage>> GetImagesAsync(CancellationToken cancellationToken);

    /// <summary>Compares the packages of two host images.</summary>
    /// <param name="from">The one; null for that of the active generation.</param>
    /// <param name="to">The other; null for the configured one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ImageComparison> CompareImagesAsync(string? from, string? to, CancellationToken cancellationToken);

    /// <summary>Compares the packages of the images that an operation went between; null where it went between none.</summary>
    Task<ImageComparison?> CompareImagesOfAsync(Operation operation, CancellationToken cancellationToken);

    /// <summary>Removes a host image that nothing needs.</summary>
    /// <returns>What was removed.</returns>
    Task<StoredImage> RemoveImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>A host image with its packages.</summary>
    Task<ImageContents> ShowImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Keeps a host image from being removed, or lets it go again.</summary>
    Task<StoredImage> PinImageAsync(string reference, bool pin, CancellationToken cancellationToken);

    /// <summary>Removes host images of the configured name that nothing needs, beyond the newest.</summary>
    /// <returns>Those that are gone.</returns>
    Task<IReadOnlyList<StoredImage>> PruneImagesAsync(CancellationToken cancellationToken);

    /// <summary>Looks whether anything is newer than the configured image, and whether that is active.</summary>
    Task<UpdateReport> CheckUpdatesAsync(CancellationToken cancellationToken);

    /// <summary>Builds the configured image where something is newer than it.</summary>
    /// <param name="updates">What was found.</param>
    /// <param name="say">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it; the image is as it was.</param>
    Task<ImageBuild> BuildImageAsync(UpdateReport updates, Action<string> say, CancellationToken cancellationToken);

    /// <summary>What refreshes have come to, newest first.</summary>
    IReadOnlyList<RefreshRecord> GetRefreshes(int limit);

    /// <summary>Has no swap begin until it is released, or its end has come; whoever has the lock is not disturbed.</summary>
    /// <param name="reason">Why: one line.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="until">When it ends by itself; null for when it is released.</param>
    Hold PlaceHold(string reason, string by, DateTimeOffset? until);

    /// <summary>Those who hold swaps now, the oldest first.</summary>
    IReadOnlyList<Hold> GetHolds();

    /// <summary>Releases a hold.</summary>
    /// <returns>Whether there was one of that name.</returns>
    bool ReleaseHold(string id);

    /// <summary>Has a notice wait for those who want it; when this returns it is on disk.</summary>
    /// <exception cref="Errors.EnvironmentException">It cannot be written, which is no reason to stop what it is about.</exception>
    void Notify(Notice notice);

    /// <summary>Delivers the notices that are due, after those of holds that end soon have been added. A failed delivery is no exception.</summary>
    Task<NoticeDelivery> DeliverNoticesAsync(CancellationToken cancellationToken);

    /// <summary>Sends a test now, and tells what each target answered.</summary>
    /// <param name="target">The target; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Errors.UsageException">There is no such target.</exception>
    Task<IReadOnlyList<NoticeAttempt>> TestNoticesAsync(string? target, CancellationToken cancellationToken);

    /// <summary>The notices that wait, the longest first.</summary>
    IReadOnlyList<WaitingNotice> GetWaitingNotices();

    /// <summary>Looks which servers of the fleet are being swapped.</summary>
    /// <exception cref="Errors.EnvironmentException">The fleet's service cannot be asked.</exception>
    Task<FleetStatus> GetFleetStatusAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Ends the operation that another hostctl runs here in an orderly way, and waits until it has ended.
    /// </summary>
    /// <param name="rollback">Whether VMs that have moved go back.</param>
    /// <param name="limit">How long the other one may take.</param>
    /// <param name="cancellationToken">Stops waiting; the other one ends all the same.</param>
    /// <returns>The operation as it ended; null where no other hostctl runs an operation that moves VMs.</returns>
    /// <exception cref="Errors.DeadlineException">It has not ended within the limit.</exception>
    Task<Operation?> AbortAsync(bool rollback, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Stops retired generations whose soak is over, and removes those that have been kept long enough.</summary>
    /// <param name="now">Whether soaks end at once.</param>
    /// <param name="cancellationToken">Not listened to once something is being stopped.</param>
    /// <returns>What was done; null where nothing was due.</returns>
    Task<string?> RetireAsync(bool now, CancellationToken cancellationToken);

    /// <summary>Recorded operations, newest first.</summary>
    IReadOnlyList<Operation> History(int limit);

    /// <summary>The moves of recorded operations.</summary>
    IReadOnlyList<MoveRecord> GetMoves(IReadOnlyList<Operation> operations);

    /// <summary>One recorded operation with its entries and moves; null where there is none.</summary>
    OperationDetails? Show(long operation);

    /// <summary>Every check of this outer host, each with its outcome and fix.</summary>
    /// <param name="status">What was seen just now; null to look again.</param>
    /// <param name="cancellationToken">Stops it.</param>
    IAsyncEnumerable<HealthCheck> DiagnoseAsync(HostStatus? status, CancellationToken cancellationToken);

    /// <summary>
    /// Looks whether every VM has what it needs, in one generation alone, and the outer host is as a swap leaves it.
    /// Reads only, and needs no lock; while a swap is at work, what it is changing is not called an error.
    /// </summary>
    IAsyncEnumerable<HealthCheck> VerifyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Compares two generations, item by item. One that has been left by its VMs is compared as it was at that time, and
    /// need not run any more.
    /// </summary>
    /// <param name="from">The first generation's number; null for the one before the active one.</param>
    /// <param name="to">The second one's; null for the active one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Errors.UsageException">There is no such generation.</exception>
    /// <exception cref="Errors.EnvironmentException">Neither a generation nor a record of it can be read.</exception>
    Task<GenerationComparison> DiffAsync(int? from, int? to, CancellationToken cancellationToken);

    /// <summary>
    /// The command line that runs <paramref name="command"/> inside a generation by the Docker client, as an argument list
    /// whose first item is the program.
    /// </summary>
    /// <param name="generation">The generation's number; null for the active one.</param>
    /// <param name="command">The command.</param>
    /// <param name="terminal">Whether it gets a terminal.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<IReadOnlyList<string>> GetExecCommandAsync(
        int? generation, IReadOnlyList<string> command, bool terminal, CancellationToken cancellationToken);

    /// <summary>Connects to the screen of a VM in a generation, which has no address on the outer host.</summary>
    /// <exception cref="Errors.EnvironmentException">The VM has none there, or it does not answer.</exception>
    Task<Socket> ConnectDisplayAsync(VmPlace vm, CancellationToken cancellationToken);
}

/// <summary>A VM in one generation: while a swap goes on, two may have it.</summary>
/// <param name="Generation">The generation's number.</param>
/// <param name="Uuid">The VM.</param>
public sealed record VmPlace(int Generation, Guid Uuid);

/// <summary>An operation with everything that is recorded of it.</summary>
public sealed record OperationDetails(
    Operation Operation, IReadOnlyList<JournalEntry> Entries, IReadOnlyList<MoveRecord> Moves);

/// <summary>One check of <c>hostctl doctor</c> or <c>hostctl verify</c>.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Message">What was seen.</param>
/// <param name="Fix">What to do; empty where nothing needs to be done.</param>
public sealed record HealthCheck(string Name, HealthStatus Status, string Message, string Fix)
{
    /// <summary>The VM or generation that it is about, untrusted text; empty where it is the machine as a whole.</summary>
    public string Subject { get; init; } = "";
}

/// <summary>How a check came out.</summary>
public enum HealthStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but should be looked at.</summary>
    Warning,

    /// <summary>A swap would fail or harm.</summary>
    Error,
}
