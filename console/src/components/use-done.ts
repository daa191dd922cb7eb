import { useEffect, useRef, useState } from "react";

/** What was done last. The heading gets the focus if the element that had it is gone. */
export function useDone() {
  const [done, setDone] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (done !== "" && document.activeElement === document.body) heading.current?.focus();
  }, [done]);
  return { done, setDone, heading };
}
