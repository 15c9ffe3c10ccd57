using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// Tests beside which no other may run: they change a setting of the whole machine (<see cref="HostSwap.Lab.UserFaults"/>), or
/// what they show depends on how much of the machine their guest gets.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class AloneCollection
{
    /// <summary>Its name.</summary>
    public const string Name = "alone";
}
