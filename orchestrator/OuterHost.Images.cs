using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Processes;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator;

/// <content>Images and refreshes.</content>
public sealed partial class OuterHost
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<HostImage>> GetImagesAsync(CancellationToken cancellationToken)
    {
        using var journal = ReadJournal();
        return await new HostImages(Parts(journal), _engine).ListAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ImageComparison> CompareImagesAsync(string? from, string? to, CancellationToken cancellationToken)
    {
        using var journal = ReadJournal();
        return await new HostImages(Parts(journal), _engine).CompareAsync(from, to, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ImageComparison?> CompareImagesOfAsync(Operation operation, CancellationToken cancellationToken)
    {
        if (!operation.Kind.MovesVms())
            return null;
        using var journal = ReadJournal();
        return await new HostImages(Parts(journal), _engine).CompareAsync(SwapDetail.Parse(operation.DetailJson), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Under the lock: nobody begins a swap to it meanwhile.</remarks>
    public Task<StoredImage> RemoveImageAsync(string reference, CancellationToken cancellationToken) =>
        ChangeAsync("image remove", parts => new HostImages(parts, _engine).RemoveAsync(reference, cancellationToken));

    /// <inheritdoc/>
    public async Task<ImageContents> ShowImageAsync(string reference, CancellationToken cancellationToken)
    {
        using var journal = ReadJournal();
        return await new HostImages(Parts(journal), _engine).ShowAsync(reference, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoredImage> PinImageAsync(string reference, bool pin, CancellationToken cancellationToken) =>
        ChangeAsync("image pin", parts => new HostImages(parts, _engine).PinAsync(reference, pin, cancellationToken));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredImage>> PruneImagesAsync(CancellationToken cancellationToken) =>
        ChangeAsync("image prune", parts => new HostImages(parts, _engine).PruneAsync(cancellationToken));

    /// <inheritdoc/>
    public async Task<UpdateReport> CheckUpdatesAsync(CancellationToken cancellationToken)
    {
        using var journal = ReadJournal();
        return await Builder(journal).CheckAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Without the lock, which a swap may need meanwhile: an image that is built touches no generation.</remarks>
    public async Task<ImageBuild> BuildImageAsync(UpdateReport updates, Action<string> say, CancellationToken cancellationToken)
    {
        using var journal = ReadJournal();
        return await Builder(journal).BuildAsync(updates, say, cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<RefreshRecord> GetRefreshes(int limit) => new RefreshRecords(_settings.Paths.Refreshes).Newest(limit);

    private SqliteJournal ReadJournal()
    {
        RequireInitialised();
        return SqliteJournal.OpenReadOnly(_settings.Paths.JournalFile);
    }

    private ImageBuilder Builder(SqliteJournal journal) => new(Parts(journal), _engine, new ImageRecipe(_settings, new ProgramRunner(_time)));
}
