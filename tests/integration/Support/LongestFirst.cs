using Xunit.Sdk;
using Xunit.v3;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// Classes that take minutes begin first, so that at the end none is left that runs on while nothing runs beside it. The order
/// is that of what each was seen to take; one that is not named takes less.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly IReadOnlyList<Type> Longest =
    [
        typeof(RefreshTests),
        typeof(SwapPairTests),
        typeof(HandoverTests),
        typeof(CanaryTests),
        typeof(OneOfEachTests),
        typeof(CarriedObjectsTests),
        typeof(BothSidesTests),
        typeof(SwapFailureTests),
        typeof(StorageTests),
        typeof(CheckpointTests),
        typeof(PreparedVmTests),
        typeof(CarriedStateTests),
        typeof(SnapshotTests),
        typeof(VerifiedSwapTests),
        typeof(GuestNetworkTests),
        typeof(SharedDirectoryTests),
        typeof(ThirdOpenerTests),
        typeof(SteadyAddressTests),
        typeof(VerificationTests),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(Rank).ThenBy(static collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    /// <summary>A collection of one class is named by it.</summary>
    private static int Rank<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        for (var rank = 0; rank < Longest.Count; rank++)
            if (collection.TestCollectionDisplayName.Contains(Longest[rank].FullName!, StringComparison.Ordinal)) return rank;
        return Longest.Count;
    }
}
