using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Assertions that Shouldly lacks.</summary>
internal static class ShouldlyExtensions
{
    /// <summary>Exactly one item fulfils the condition; it is returned.</summary>
    public static T ShouldHaveSingleItemWhere<T>(this IEnumerable<T> items, Func<T, bool> condition, string message)
    {
        T[] found = [.. items.Where(condition)];
        found.Length.ShouldBe(1, message);
        return found[0];
    }
}
