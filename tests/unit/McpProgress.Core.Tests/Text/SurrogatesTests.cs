using McpProgress.Core.Text;

namespace McpProgress.Core.Tests.Text;

public sealed class SurrogatesTests
{
    [Theory]
    [InlineData("""{"a":"plain \\ \n \u0041"}""", """{"a":"plain \\ \n \u0041"}""")]
    [InlineData("""\ud83c\udf89""", """\ud83c\udf89""")]
    [InlineData("""\uD83C\uDF89""", """\uD83C\uDF89""")]
    [InlineData("""\udcff""", """\ufffd""")]
    [InlineData("""\ud83c""", """\ufffd""")]
    [InlineData("""\ud83c\ud83c\udf89x\udf89""", """\ufffd\ud83c\udf89x\ufffd""")]
    [InlineData("""\\udcff \\\udcff""", """\\udcff \\\ufffd""")]
    [InlineData("""\ud83""", """\ud83""")]
    [InlineData("""\ud83x\""", """\ud83x\""")]
    [InlineData("""\ud83c\n""", """\ufffd\n""")]
    public void Only_escapes_of_half_characters_are_replaced(string json, string expected) => Assert.Equal(expected, Surrogates.Mend(json));
}
