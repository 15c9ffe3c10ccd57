using System.Runtime.InteropServices;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>
/// Reads a message's values into managed ones, so that nothing native leaves the loop's thread. sd-bus has checked
/// lengths, UTF-8 and the depth of nesting (at most 64) before.
/// </summary>
internal static unsafe class MessageReader
{
    /// <summary>Reads all values that are left.</summary>
    public static BusValue[] ReadAll(nint message)
    {
        var values = new List<BusValue>();
        while (TryRead(message) is { } value)
            values.Add(value);
        return [.. values];
    }

    private static BusValue? TryRead(nint message)
    {
        byte type;
        byte* contents;
        if (SdBus.Check(SdMessage.PeekType(message, &type, &contents), "sd_bus_message_peek_type") == 0)
            return null;
        var inner = contents is null ? "" : Marshal.PtrToStringUTF8((nint)contents) ?? "";
        return (char)type switch
        {
            'y' => new BusValue("y", ReadFixed<byte>(message, type)),
            'b' => new BusValue("b", ReadFixed<int>(message, type) != 0),
            'n' => new BusValue("n", ReadFixed<short>(message, type)),
            'q' => new BusValue("q", ReadFixed<ushort>(message, type)),
            'i' => new BusValue("i", ReadFixed<int>(message, type)),
            'u' => new BusValue("u", ReadFixed<uint>(message, type)),
            'x' => new BusValue("x", ReadFixed<long>(message, type)),
            't' => new BusValue("t", ReadFixed<ulong>(message, type)),
            'd' => new BusValue("d", ReadFixed<double>(message, type)),
            's' or 'o' or 'g' => new BusValue(((char)type).ToString(), ReadText(message, type)),
            'a' => new BusValue("a" + inner, ReadContainer(message, type, contents)),
            'r' => new BusValue($"({inner})", ReadContainer(message, type, contents)),
            'e' => new BusValue($"{{{inner}}}", ReadContainer(message, type, contents)),
            'v' => ReadVariant(message, type, contents),
            _ => throw new BusFormatException("a type that hostswap reads", $"'{(char)type}'"),
        };
    }

    private static T ReadFixed<T>(nint message, byte type)
        where T : unmanaged
    {
        T value;
        SdBus.Check(SdMessage.ReadBasic(message, type, &value), "sd_bus_message_read_basic");
        return value;
    }

    private static string ReadText(nint message, byte type) =>
        Marshal.PtrToStringUTF8(ReadFixed<nint>(message, type)) ?? "";

    private static BusValue[] ReadContainer(nint message, byte type, byte* contents)
    {
        SdBus.Check(SdMessage.EnterContainer(message, type, contents), "sd_bus_message_enter_container");
        var items = ReadAll(message);
        SdBus.Check(SdMessage.ExitContainer(message), "sd_bus_message_exit_container");
        return items;
    }

    private static BusValue ReadVariant(nint message, byte type, byte* contents)
    {
        var items = ReadContainer(message, type, contents);
        return items is [var only]
            ? BusValue.Variant(only)
            : throw new BusFormatException("one value in a variant", $"{items.Length}");
    }
}
