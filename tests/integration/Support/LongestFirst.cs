using Xunit.Sdk;
using Xunit.v3;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// Classes that take minutes begin first, so that at the end none is left that runs on while nothing runs beside it. It is the
/// order of what each took by itself; one that is not named takes less.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly IReadOnlyList<Type> Longest =
    [
        typeof(SwapPairTests),
        typeof(SwapFailureTests),
        typeof(HandoverTests),
        typeof(BothSidesTests),
        typeof(CanaryTests),
        typeof(SnapshotTests),
        typeof(StorageTests),
        typeof(PreparedVmTests),
        typeof(CarriedStateTests),
        typeof(VerificationTests),
        typeof(GuestNetworkTests),
        typeof(VerifiedSwapTests),
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
